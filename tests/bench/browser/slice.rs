//! A share of one core, for a program and all it starts.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use anyhow::{Context, Result};

/// Short, so that a program is slow all the time instead of standing still now and then.
const PERIOD_US: u64 = 10_000;
const FIRST_VERSION: &str = "/sys/fs/cgroup/cpu";
const SECOND_VERSION: &str = "/sys/fs/cgroup";

/// A control group of this system. It goes once nobody is in it any more.
pub struct Slice {
    folder: PathBuf,
}

impl Slice {
    /// One that gets so many percent of one core.
    ///
    /// # Errors
    /// When the system does not let us make one.
    pub fn of_core(percent: u64) -> Result<Self> {
        let quota_us = PERIOD_US * percent / 100;
        let name = format!("gridwalk-bench-{}", process::id());
        let is_first = Path::new(FIRST_VERSION).is_dir();
        let above = Path::new(if is_first { FIRST_VERSION } else { SECOND_VERSION });
        let slice = Self { folder: above.join(name) };
        fs::create_dir_all(&slice.folder).context("no control group can be made: this needs to be root")?;
        if is_first {
            slice.set("cpu.cfs_period_us", &PERIOD_US.to_string())?;
            slice.set("cpu.cfs_quota_us", &quota_us.to_string())?;
        } else {
            fs::write(above.join("cgroup.subtree_control"), "+cpu")?;
            slice.set("cpu.max", &format!("{quota_us} {PERIOD_US}"))?;
        }
        Ok(slice)
    }

    /// Who writes its number here is in it.
    pub fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// What each kind of thread in it has taken of the processor so far, the most first. A thread that is gone is left out.
    ///
    /// # Errors
    /// When nobody tells who is in it.
    pub fn spent(&self) -> Result<Vec<(String, Duration)>> {
        let mut spent = BTreeMap::<String, Duration>::new();
        for process in fs::read_to_string(self.door())?.lines() {
            let process = Path::new("/proc").join(process);
            let Ok(command) = fs::read_to_string(process.join("cmdline")) else { continue };
            let kind =
                command.split(['\0', ' ']).find_map(|word| word.strip_prefix("--type=")).unwrap_or("browser");
            for thread in fs::read_dir(process.join("task")).into_iter().flatten().flatten() {
                let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
                let name = read("comm");
                let name =
                    name.trim().trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '/');
                let on_processor = read("schedstat").split(' ').next().and_then(|ns| ns.parse().ok());
                *spent.entry(format!("{kind}: {name}")).or_default() +=
                    Duration::from_nanos(on_processor.unwrap_or(0));
            }
        }
        let mut spent: Vec<_> = spent.into_iter().collect();
        spent.sort_by_key(|(_, time)| Reverse(*time));
        Ok(spent)
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        fs::write(self.folder.join(name), value).with_context(|| format!("{name} cannot be set"))
    }
}

impl Drop for Slice {
    fn drop(&mut self) {
        // The browser may be at its end still; an empty group harms nobody.
        let _ = fs::remove_dir(&self.folder);
    }
}
