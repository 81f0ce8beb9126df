//! For tests only: a PostgreSQL cluster in a temporary folder, reached through a socket in it. It goes
//! when its owner does, also when that is killed: a small script waits for the end of a pipe.

use std::fs;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// The variable that names the cluster tests use, as [`Cluster::address`] does.
pub const NAMED_BY: &str = "GRIDWALK_TEST_POSTGRES";
/// Where Debian keeps the versions of PostgreSQL.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A running cluster. Dropping it stops it and takes its folder away.
pub struct Cluster {
    guard: Child,
    /// Its end is what the guard waits for.
    pipe: Option<ChildStdin>,
    folder: PathBuf,
}

/// Whether commits wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// They do, as in earnest.
    OnDisk,
    /// They do not: for tests of what is true, not of how long it takes.
    InMemory,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start; what it said is in the error.
    pub fn start(commits: Commits) -> Result<Self> {
        let fsync = if commits == Commits::OnDisk { "on" } else { "off" };
        let mut command = as_postgres();
        command.args(["sh", "-c", include_str!("guard.sh"), "guard"]).arg(programs()).arg(fsync);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut guard = command.spawn()?;
        let (mut said, mut why) = (String::new(), String::new());
        if let Some(stdout) = guard.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        if let Some(mut stderr) = guard.stderr.take().filter(|_| said.is_empty()) {
            stderr.read_to_string(&mut why)?;
            return Err(Error::other(format!(
                "PostgreSQL does not start; on Debian it is the package postgresql. It said:\n{why}"
            )));
        }
        let pipe = guard.stdin.take();
        Ok(Self { guard, pipe, folder: PathBuf::from(said.trim()) })
    }

    /// The address of its first database, as `postgres://` clients read it.
    pub fn address(&self) -> String {
        address(&self.folder.to_string_lossy(), "postgres")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // A guard that is gone already needs no end.
        let _ = self.guard.wait();
    }
}

/// The address of another database of the same cluster.
pub fn sibling(of: &str, name: &str) -> String {
    let folder = of.split("host=").nth(1).unwrap_or_default();
    address(folder, name)
}

fn address(folder: &str, database: &str) -> String {
    format!("postgres://postgres@/{database}?host={folder}")
}

/// PostgreSQL refuses to run as root.
fn as_postgres() -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| is_roots(&own));
    if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}

#[cfg(unix)]
fn is_roots(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == 0
}

#[cfg(not(unix))]
fn is_roots(_: &fs::Metadata) -> bool {
    false
}

/// A program that comes with PostgreSQL, `pgbench`.
pub fn program(name: &str) -> PathBuf {
    programs().join(name)
}

/// The folder of the newest programs with a slash behind it; nothing when they are on the search path.
fn programs() -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.sort();
    folders.pop().map_or_else(PathBuf::new, |folder| folder.join(""))
}
