//! Starting other programs, and ending them.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// A command without the library path that `cargo run` adds, which would reach every child.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// A command that ends with this process, however this process ends.
pub fn tied(program: impl AsRef<OsStr>) -> Command {
    if !cfg!(target_os = "linux") {
        return command(program);
    }
    let mut tied = command("setpriv");
    tied.args(["--pdeathsig", "TERM", "--"]).arg(program);
    tied
}

/// Runs to the end with this terminal; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("could not start {}", line(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs to the end and hands back what it printed.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {}", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", line(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", line(command)))
}

/// Whether a program can be started and succeeds, silently.
pub fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// A program running beside this one; dropping it ends the program.
pub struct Running {
    name: String,
    process: u32,
    ended: Receiver<()>,
}

impl Running {
    /// Starts a program that keeps this terminal.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("could not start {}", line(command)))?;
        Ok(Self::watch(line(command), child))
    }

    /// Starts a program whose standard output is read line by line.
    pub fn start_reading(command: &mut Command) -> Result<(Self, BufReader<ChildStdout>)> {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("could not start {}", line(command)))?;
        let stdout = child.stdout.take().context("standard output was piped")?;
        Ok((Self::watch(line(command), child), BufReader::new(stdout)))
    }

    /// Waits at most that long for the program to end by itself; says whether it did.
    pub fn ended_within(&self, time: Duration) -> bool {
        self.ended.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }

    /// Waits until the program ends by itself.
    pub fn wait(self) {
        // The sender is dropped when the program has ended: an error here means the same as a message.
        let _ = self.ended.recv();
    }

    fn watch(name: String, mut child: Child) -> Self {
        let (sender, ended) = channel();
        let process = child.id();
        thread::spawn(move || {
            let _ = child.wait();
            drop(sender);
        });
        Self { name, process, ended }
    }

    fn signal(&self, signal: &str) {
        succeeds(command("kill").args([signal, &self.process.to_string()]));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended_within(Duration::ZERO) {
            return;
        }
        self.signal("-TERM");
        if !self.ended_within(PATIENCE) {
            eprintln!("{} did not end when asked; ending it hard", self.name);
            self.signal("-KILL");
            self.ended_within(PATIENCE);
        }
    }
}

/// Reads lines until one begins with `start`; hands back the rest of that line.
pub fn line_after(lines: &mut impl BufRead, start: &str) -> Result<String> {
    let mut seen = String::new();
    for line in lines.lines() {
        let line = line.context("reading a program's output")?;
        if let Some(rest) = line.strip_prefix(start) {
            return Ok(rest.trim().to_owned());
        }
        seen.push_str(&line);
        seen.push('\n');
    }
    bail!("the program ended before it printed `{start}`; it printed:\n{seen}")
}
