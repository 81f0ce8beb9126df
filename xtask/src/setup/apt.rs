//! Debian packages, installed as root or through `sudo -n`, never silently.

use std::process::Command;

use anyhow::{Context, Result};

use super::ByHand;
use crate::process::{capture, command, run, succeeds};

/// Installs those packages that are not there; `reason` says what they are for.
pub fn ensure(reason: &str, packages: &[&str]) -> Result<()> {
    let Some(missing) = missing(packages)? else {
        warn_elsewhere(reason, packages);
        return Ok(());
    };
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let prefix = prefix(&names)?;
    println!("Installing for {reason}: {names}");
    run(apt(prefix).args(["-qq", "update"])).context("apt-get update")?;
    run(apt(prefix).args(["-qq", "install", "--yes", "--no-install-recommends"]).args(missing))
}

/// The files a package installed.
pub fn files(package: &str) -> Result<Vec<String>> {
    let list = capture(command("dpkg").args(["-L", package]))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// Whether all of them are installed.
pub fn installed(packages: &[&str]) -> bool {
    missing(packages).is_ok_and(|missing| missing.is_some_and(|names| names.is_empty()))
}

/// `None` where there is no dpkg, so that other systems can go on with what they have.
fn missing<'a>(packages: &[&'a str]) -> Result<Option<Vec<&'a str>>> {
    let mut query = command("dpkg-query");
    query.args(["-W", "-f", "${db:Status-Status} ${Package}\n"]).args(packages);
    // It ends with 1 when a package is unknown and still lists the others.
    let output = match query.output() {
        Ok(output) => String::from_utf8(output.stdout).context("dpkg-query")?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("dpkg-query"),
    };
    let there: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
    Ok(Some(packages.iter().copied().filter(|name| !there.contains(name)).collect()))
}

fn warn_elsewhere(reason: &str, packages: &[&str]) {
    println!("Not a Debian system. For {reason} these must be there: {}", packages.join(" "));
}

/// The words before `apt-get`: none as root, `sudo -n` where that needs no password.
fn prefix(names: &str) -> Result<&'static [&'static str]> {
    if capture(command("id").arg("-u"))?.trim() == "0" {
        return Ok(&["env"]);
    }
    if succeeds(command("sudo").args(["-n", "true"])) {
        return Ok(&["sudo", "-n", "env"]);
    }
    Err(ByHand(format!("sudo apt-get update && sudo apt-get install --yes --no-install-recommends {names}"))
        .into())
}

fn apt(prefix: &[&str]) -> Command {
    let mut apt = command(prefix[0]);
    apt.args(&prefix[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "Acquire::Retries=3"]);
    apt
}
