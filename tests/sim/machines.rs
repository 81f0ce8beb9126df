//! Machines that outlive a life: a disk with a connection that is open on it.
//!
//! A process that starts there takes the connection over instead of opening the file. It finds what a new
//! connection finds (`Disk::wake_connections`), but need not read the schema and compile every statement
//! again, which would be a third of all work. Now and then one opens the file all the same.

use anyhow::Result;
use rusqlite::Connection;
use simulation::disk::{Disk, Image};

use crate::chance::Chance;

/// One start in so many opens the file anew.
const OPENED_ANEW: u64 = 16;

/// A disk, and the connection of the process that ended last.
pub struct Machine {
    /// The disk.
    pub disk: Disk,
    file: &'static str,
    idle: Option<Connection>,
}

impl Machine {
    /// A connection for a process that starts, on a disk that has power.
    pub fn connect(&mut self, chance: &mut Chance) -> Result<Connection> {
        let is_anew = chance.one_in(OPENED_ANEW);
        match self.idle.take() {
            Some(idle) if !is_anew => {
                self.disk.wake_connections();
                Ok(idle)
            }
            idle => {
                self.disk.end_processes();
                drop(idle);
                Ok(self.disk.open(self.file)?)
            }
        }
    }

    /// The process that had this connection ended.
    pub fn left(&mut self, connection: Connection) {
        self.idle = Some(connection);
    }
}

/// Machines that nobody uses, each with what only one kind of process has on its disk.
pub struct Machines {
    file: &'static str,
    free: Vec<Machine>,
}

impl Machines {
    /// Machines of processes that use a file of this name.
    pub fn of(file: &'static str) -> Self {
        Self { file, free: vec![] }
    }

    /// One whose disk begins as an image.
    pub fn take(&mut self, image: &Image, seed: u64) -> Machine {
        let new = || Machine { disk: Disk::new(seed), file: self.file, idle: None };
        let machine = self.free.pop().unwrap_or_else(new);
        machine.disk.renew(seed, image);
        machine
    }

    /// One is free again.
    pub fn give_back(&mut self, machine: Machine) {
        self.free.push(machine);
    }
}

/// The machines of a thread that plays lives.
pub struct Hall {
    /// For servers.
    pub servers: Machines,
    /// For devices.
    pub devices: Machines,
}
