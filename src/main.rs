//! Parses the command line, starts the log, runs one program.

use std::process::ExitCode;

use rolodeck::cli;
use rolodeck::words::{Failure, io_words};

fn main() -> ExitCode {
    if cli::answer_shell() {
        return ExitCode::SUCCESS;
    }
    let args = cli::Args::of_process();
    let json = args.global.json;
    let _log = match cli::start_log(&args) {
        Ok(guard) => guard,
        Err(failure) => return cli::tell(&failure, json),
    };
    // Two workers: one for the store and the screen's questions, one that keeps answering while the other is busy.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(cli::run(args)),
        Err(cause) => cli::tell(
            &Failure::new("rolodeck cannot start", io_words(&cause), "see whether the limits on threads are too low"),
            json,
        ),
    }
}
