//! Opens what a power cut left, as device and server do, and compares.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use app::App;
use contract::content;
use rusqlite::Connection;
use server::Database;
use server::database::FILE_NAME;
use tempfile::TempDir;

use super::cut::Cut;
use super::watched::{Moment, Side};

/// A folder in which one cut after the other is laid out.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// An empty one.
    ///
    /// # Errors
    /// When there is no room.
    pub fn new() -> Result<Self> {
        Ok(Self { folder: TempDir::new()? })
    }

    /// Every state of an action is a database without a flaw, and the last is what was acknowledged.
    ///
    /// # Errors
    /// What is wrong.
    pub fn states_are_sound(&self, moment: &Moment) -> Result<()> {
        for state in &moment.states {
            let main = self.lay_out(&state.image, &[])?;
            let db = Connection::open(main)?;
            ensure!(is_sound(&db, "integrity_check")?, "a state is broken");
            let found = content(&db)?;
            ensure!(state.content.is_none_or(|seen| seen == found), "a state is not what was acknowledged");
        }
        Ok(())
    }

    /// Opens the files of a cut and compares what is found with what must be there.
    ///
    /// # Errors
    /// What is lost, or broken.
    pub fn holds(&self, moment: &Moment, cut: &Cut) -> Result<()> {
        let (main, log) = cut.files(moment);
        let expected = cut.expected(moment, &log)?;
        let main = self.lay_out(&main, &log)?;
        open(moment.side, &main).context("it does not open")?;
        // The last connection took the log over when it closed.
        let found = fs::read(&main)?;
        ensure!(found == expected, "another state than what was acknowledged and whole");
        Ok(())
    }

    fn lay_out(&self, main: &[u8], log: &[u8]) -> Result<PathBuf> {
        // The server's name does for a device, too.
        let at = |name: &str| self.folder.path().join(format!("{FILE_NAME}{name}"));
        for name in ["-shm", "-wal"] {
            if at(name).exists() {
                fs::remove_file(at(name))?;
            }
        }
        fs::write(at(""), main)?;
        if !log.is_empty() {
            fs::write(at("-wal"), log)?;
        }
        Ok(at(""))
    }
}

/// Opens the database as its owner does, sees that it is sound, and closes it.
fn open(side: Side, main: &Path) -> Result<()> {
    match side {
        Side::Device => {
            let app = App::open(Connection::open(main)?, String::new());
            let mut app = app.map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
            ensure!(app.store().read(|db| Ok(is_sound(db, "quick_check")?))?, "it is broken");
        }
        Side::Server => {
            let folder = main.parent().context("a folder")?;
            let _open = Database::open(folder, 0)?;
            ensure!(is_sound(&Connection::open(main)?, "quick_check")?, "it is broken");
        }
    }
    Ok(())
}

fn is_sound(db: &Connection, check: &str) -> rusqlite::Result<bool> {
    db.query_row(&format!("PRAGMA {check}(1)"), [], |row| Ok(row.get::<_, String>(0)? == "ok"))
}
