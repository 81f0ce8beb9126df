//! A server as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A server that listens. Dropping it kills it: it has nothing to lose.
pub struct Running {
    child: Child,
    /// A closed pipe would be a server whose keeper left.
    _said: BufReader<ChildStdout>,
}

impl Running {
    /// Starts a server, its log in this file, and waits until it says that it listens.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let mut child =
            command.stdout(Stdio::piped()).stderr(File::create(log)?).spawn().context("no server")?;
        let mut said = BufReader::new(child.stdout.take().context("its output was piped")?);
        loop {
            let mut line = String::new();
            ensure!(said.read_line(&mut line)? > 0, "the server ended; see {}", log.display());
            if line.contains("listening") {
                return Ok(Self { child, _said: said });
            }
        }
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that is gone already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
