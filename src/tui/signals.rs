//! Signals, and the terminal that goes away without one.

use std::io;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal as Number, kill_current_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGINT, SIGHUP, SIGQUIT: end.
    Stop,
    /// SIGTSTP from elsewhere: suspend.
    Suspend,
    /// SIGCONT after a stop that nobody announced: the terminal may be in any state.
    Continue,
    /// SIGWINCH: another size. crossterm hears it, too, but forgets it when it comes together with keys.
    Resize,
}

/// The signals of the process.
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    hangup: Stream,
    quit: Stream,
    suspend: Stream,
    resume: Stream,
    resize: Stream,
}

impl Signals {
    /// Takes the signals over.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            suspend: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hangup.recv() => Signal::Stop,
            _ = self.quit.recv() => Signal::Stop,
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.resume.recv() => Signal::Continue,
            _ = self.resize.recv() => Signal::Resize,
        }
    }

    /// Interrupts that came while the terminal was lent were for whoever had it.
    pub fn forget_interrupts(&mut self) {
        while self.interrupt.recv().now_or_never().is_some() {}
    }

    /// Stops the whole job, as the shell expects of Ctrl-Z; returns when it was continued.
    /// SIGSTOP, since SIGTSTP would only come back to ourselves. The stop takes effect some time after the call, so that
    /// it is SIGCONT which says that it is over.
    pub async fn stop_job(&mut self) -> io::Result<()> {
        while self.resume.recv().now_or_never().is_some() {}
        kill_current_process_group(Number::STOP)?;
        self.resume.recv().await;
        Ok(())
    }
}

/// How long an orderly end may take once the terminal is gone.
const GRACE: Duration = Duration::from_millis(900);

/// Ends the process when the terminal goes away, also where SIGHUP is ignored (nohup, some multiplexers): crossterm's
/// reader would spin for ever. The thread sleeps in `poll` and wakes for nothing else.
pub fn watch_terminal(gone: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        let stdin = io::stdin();
        loop {
            let mut watched = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => break,
            }
        }
        gone();
        thread::sleep(GRACE);
        std::process::exit(129) // as the shell reports SIGHUP
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::process::{getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn another_size_is_heard_once_for_all_that_came_before() {
        let mut signals = Signals::new().unwrap();
        for _ in 0..3 {
            kill_process(getpid(), Number::WINCH).unwrap();
        }
        assert_eq!(signals.next().await, Signal::Resize);
    }
}
