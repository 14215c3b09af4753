//! Calls of a guest that do not block the thread while a function of the host's waits: futures.
//!
//! A guest has a stack of its own. Where what a function of the host's waits for is not there yet, the guest is left as
//! it is, and the call that was polled returns. Polled again, the guest goes on by calling that function once more,
//! with the same arguments.

use crate::error::Error;
use crate::guest::{Activation, Guest, Hosted};
use crate::trap::Trap;
use crate::value::Slot;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use wasmc_abi::context::GuestFunction;

/// A call of a guest as a future: see [`Instance::call_async`](crate::Instance::call_async).
pub(crate) struct Call<'a, T> {
    host: &'a mut T,
    hosted: &'a Hosted,
    function: GuestFunction,
    values: &'a mut [Slot],
    state: State,
}

/// How far a call is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Suspended,
    Ended,
}

// SAFETY: it has an instance for itself, which can be sent to other threads.
unsafe impl<T: Send> Send for Call<'_, T> {}

impl<'a, T> Call<'a, T> {
    /// A call that has not begun, with places for all values that the function takes and returns.
    pub fn new(host: &'a mut T, hosted: &'a Hosted, function: GuestFunction, values: &'a mut [Slot]) -> Self {
        Self { host, hosted, function, values, state: State::New }
    }
}

impl<T> Future for Call<'_, T> {
    type Output = Result<(), Trap>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.get_mut();
        let mut activation = Activation::waiting(call.host, call.hosted, context.waker());
        let code = match call.state {
            // SAFETY: the instance's imports are made for the type of host; there is room for the values, which stay
            // where they are while this borrows them.
            State::New => unsafe { activation.start(call.function, call.values.as_mut_ptr()) },
            // SAFETY: this call was suspended, and only this resumes it: it has the instance for itself.
            State::Suspended => unsafe { activation.resume() },
            State::Ended => panic!("a call that has ended is polled"),
        };
        if activation.is_suspended(code) {
            call.state = State::Suspended;
            return Poll::Pending;
        }
        call.state = State::Ended;
        Poll::Ready(activation.result(code))
    }
}

impl<T> Drop for Call<'_, T> {
    fn drop(&mut self) {
        if self.state == State::Suspended {
            self.hosted.forget_suspended();
        }
    }
}

impl<T> Guest<'_, T> {
    /// The result of a future that a function of the host's waits for, or an error that suspends the guest: the
    /// function is to return it, and is called again with the same arguments when the future may have made progress.
    /// So the future is kept by the host meanwhile.
    ///
    /// ```
    /// use std::{future::Future, pin::Pin};
    ///
    /// struct Host {
    ///     answer: Option<Pin<Box<dyn Future<Output = i32> + Send>>>,
    /// }
    ///
    /// fn answer(host: &mut Host, guest: &mut wasmc_embed::Guest<'_, Host>) -> Result<i32, wasmc_embed::Error> {
    ///     let future = host.answer.get_or_insert_with(|| Box::pin(async { 42 }));
    ///     let answer = guest.wait_for(future)?;
    ///     host.answer = None;
    ///     Ok(answer)
    /// }
    /// ```
    ///
    /// # Errors
    /// Where the future is not ready yet; or where the guest was not called by an `async` method, or only by a function
    /// of the host's that it has called: nobody could wait then.
    pub fn wait_for<F: Future + Unpin + ?Sized>(&mut self, future: &mut F) -> Result<F::Output, Error> {
        let Some(waker) = self.waker() else {
            return Err(Error::new("a function waits, and the guest was not called by an `async` method"));
        };
        match Pin::new(future).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => Err(Error::suspended()),
        }
    }
}
