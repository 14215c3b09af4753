//! x86-64: `jmp` and `jcc` with 8-bit displacements, operations with 8-bit immediates, and a few more: see [`shorten`].
//!
//! - [`scan`]: code to a list of edits, the places that do not stay as they are,
//! - [`shorten`]: the instructions with a shorter equivalent,
//! - [`layout`]: which branches are short, and where everything lies then,
//! - [`rewrite`]: edits applied.
//!
//! What moves: code, jump tables and constants, which follow it; the displacements between them; relocations, traps and
//! return addresses. A displacement that a relocation provides stays right because the linker computes it.

mod layout;
mod rewrite;
mod scan;
mod shorten;
#[cfg(test)]
mod tests;



use crate::CompiledFunction;

/// Shortens `function` where all of it is understood; see [`scan`] for what that takes.
pub(super) fn relax(function: &mut CompiledFunction, blocks: &[u32]) {
    if std::env::var_os("NORELAX").is_some() { return; }
    let t = std::time::Instant::now();
    let r = relaxed(function, blocks);
    let dt = t.elapsed().as_nanos() as u64;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static T: AtomicU64 = AtomicU64::new(0);
    static OLD: AtomicU64 = AtomicU64::new(0);
    static NEW: AtomicU64 = AtomicU64::new(0);
    static FAILED: AtomicU64 = AtomicU64::new(0);
    T.fetch_add(dt, Relaxed);
    OLD.fetch_add(function.code.len() as u64, Relaxed);
    if let Some(relaxed) = r {
        *function = relaxed;
    } else {
        FAILED.fetch_add(1, Relaxed);
        eprintln!("refused {:?}", function.key);
    }
    NEW.fetch_add(function.code.len() as u64, Relaxed);
    if function.key == crate::FunctionKey::Main {
        eprintln!("relax {} us, {} -> {}, refused {}", T.load(Relaxed)/1000, OLD.load(Relaxed), NEW.load(Relaxed), FAILED.load(Relaxed));
    }
}

fn relaxed(function: &CompiledFunction, blocks: &[u32]) -> Option<CompiledFunction> {
    let scan = scan::scan(function, blocks)?;
    let layout = layout::settle(&scan)?;
    rewrite::rewrite(function, &scan, &layout)
}
