//! `gridwalk-server`: runs the server, and what its keeper does beside it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tells its user what it did")]

mod command_line;
mod commands;
mod settings;

use std::error::Error;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use command_line::{Command, HELP};
use server::fault::chain;

fn main() -> ExitCode {
    match command_line::parse().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Help => print!("{HELP}"),
        Command::Version => println!("gridwalk-server {}", env!("CARGO_PKG_VERSION")),
        Command::Run(options) => commands::run::run(options)?,
        Command::Sweep(options) => println!("{}", commands::sweep::sweep(&options)?),
        Command::Init(options) => say(&commands::init::init(&options)?)?,
        Command::Invite(options) => say(&commands::invite::invite(&options)?)?,
        Command::ImportItems(options) => println!("{}", commands::import::import_items(&options)?),
        Command::Courier(options) => println!("{}", commands::courier::courier(&options)?),
        Command::Manage { place, deed } => print!("{}", commands::manage::manage(&place, &deed)?),
        Command::Audit { place, look } => print!("{}", commands::audit::audit(&place, &look)?),
        Command::BackUp { file, place, passphrase } => {
            println!("{}", commands::backup::back_up(&file, &place, passphrase.as_ref())?);
        }
        Command::Restore { file, place, passphrase } => {
            println!("{}", commands::backup::restore(&file, &place, passphrase.as_ref())?);
        }
        Command::Verify { file, passphrase } => {
            println!("{}", commands::backup::verify(&file, passphrase.as_ref())?);
        }
        Command::Count { place } => print!("{}", commands::count::count(&place)?),
    }
    Ok(())
}

/// Prints an invitation.
fn say(invitation: &str) -> Result<(), Box<dyn Error>> {
    println!("{invitation}");
    // For a camera; what reads this from a pipe wants the words alone.
    if std::io::stdout().is_terminal() {
        println!("{}", commands::invite::code(invitation)?);
    }
    Ok(())
}
