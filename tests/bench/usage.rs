//! What processes have used: processor time and memory, as Linux counts them.

use std::fs;
use std::time::Duration;

/// Processor time of a process and its threads so far.
pub fn cpu(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds = spent.filter_map(|line| line.split(' ').next()?.parse::<u64>().ok()).sum();
    Duration::from_nanos(nanoseconds)
}

/// Most memory a process ever had in RAM, bytes.
pub fn peak(process: u32) -> u64 {
    of_status(process, "VmHWM:")
}

/// Memory a process has in RAM, bytes.
pub fn resident(process: u32) -> u64 {
    of_status(process, "VmRSS:")
}

fn of_status(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
