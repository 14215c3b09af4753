//! A parallel map, whose results are in the order of the items.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Bytes of stack for a thread: deeply nested blocks of a module must not exhaust it.
const STACK: usize = 64 << 20;
/// The most items that a thread takes at a time.
const BATCH: usize = 4;

/// Calls `work` with every item, on `jobs` threads, each of which has a state made by `start`. Heavy items come first,
/// so that all threads end at about the same time.
///
/// A panic in `work` is resumed in the caller.
pub fn parallel_map<T, S, R>(
    jobs: usize,
    items: Vec<T>,
    weight: impl Fn(&T) -> u64,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
) -> Vec<R>
where
    T: Send,
    R: Send,
{
    let jobs = jobs.min(items.len());
    let batch = (items.len() / (jobs * 8).max(1)).clamp(1, BATCH);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut queue: Vec<(T, &mut Option<R>)> = items.into_iter().zip(&mut results).collect();
    queue.sort_by_key(|(item, _)| Reverse(weight(item)));
    let queue = Mutex::new(queue.into_iter());
    thread::scope(|scope| {
        let run = || {
            let mut state = start();
            loop {
                let taken: Vec<_> = queue.lock().unwrap_or_else(PoisonError::into_inner).by_ref().take(batch).collect();
                if taken.is_empty() {
                    break;
                }
                for (item, result) in taken {
                    *result = Some(work(&mut state, item));
                }
            }
        };
        let spawn = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).ok();
        let threads: Vec<_> = (0..jobs).filter_map(spawn).collect();
        if threads.is_empty() {
            // No thread could be started.
            run();
        }
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    results.into_iter().map(|result| result.expect("every item was worked on")).collect()
}
