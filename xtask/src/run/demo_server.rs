//! A server on this machine with the starter lists and a sample community.

use std::{
    fs::{self, File},
    io::{self, BufRead},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail};

use crate::process::{Running, tied};

/// The port that devices of an earlier run remember.
const USUAL_PORT: u16 = 7420;

/// A running server; dropping it ends the server.
pub struct DemoServer {
    /// Where it listens.
    pub address: String,
    /// Lets a device enrol as a grid worker.
    pub invitation: String,
    /// Where it writes what it has to say.
    pub log: PathBuf,
    _process: Running,
}

impl DemoServer {
    /// Starts the server and waits until it listens and has an invitation to give.
    pub fn start(server: &Path, data: &Path, log: &Path) -> Result<Self> {
        let mut log_file = File::create(log).with_context(|| log.display().to_string())?;
        let mut server = tied(server);
        server.args(["run", "--demo", "--listen", &format!("127.0.0.1:{}", port()?), "--data"]).arg(data);
        server.stderr(log_file.try_clone()?);
        let (process, mut said) = Running::start_reading(&mut server)?;
        let (address, invitation) = greeting(&mut said).with_context(|| last_words(log))?;
        // A full pipe would stop the server.
        thread::spawn(move || io::copy(&mut said, &mut log_file));
        Ok(Self { address, invitation, log: log.to_owned(), _process: process })
    }
}

/// The usual port, or any free one while another program has it.
fn port() -> Result<u16> {
    if TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).is_ok() {
        return Ok(USUAL_PORT);
    }
    println!(
        "Port {USUAL_PORT} is taken, so another one is used; an already enrolled device will not find it."
    );
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(free.local_addr()?.port())
}

/// Both lines, in whichever order they come.
fn greeting(said: &mut impl BufRead) -> Result<(String, String)> {
    let (mut address, mut invitation) = (None, None);
    for line in said.lines() {
        let line = line.context("reading what the server says")?;
        address = address.or_else(|| after(&line, "listening on "));
        invitation = invitation.or_else(|| after(&line, "invitation grid-worker: "));
        if let (Some(address), Some(invitation)) = (&address, &invitation) {
            return Ok((address.clone(), invitation.clone()));
        }
    }
    bail!("the server ended before it was ready")
}

fn after(line: &str, start: &str) -> Option<String> {
    line.strip_prefix(start).map(|rest| rest.trim().to_owned())
}

fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    format!("the log {} says:\n{}", log.display(), text.trim())
}
