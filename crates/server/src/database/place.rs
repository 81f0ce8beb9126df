//! Where a server's data is: in a folder, or in PostgreSQL.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio_postgres::Config;

use crate::fault::ServerFault;

/// Where the data is.
#[derive(Clone)]
pub enum Place {
    /// A folder with a SQLite file.
    Folder(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<Config>),
}

impl From<&Path> for Place {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }
}

impl FromStr for Place {
    type Err = ServerFault;

    /// `postgres://user@host/database`.
    fn from_str(text: &str) -> Result<Self, ServerFault> {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let config = is_postgres.then(|| text.parse().ok()).flatten();
        config.map(|config| Self::Postgres(Box::new(config))).ok_or(ServerFault::NoPlace)
    }
}

/// Without a password.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Postgres(config) => write!(out, "postgres database {}", config.get_dbname().unwrap_or("")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let place: Place = "postgres://grid:geheim@127.0.0.1/walk".parse().unwrap();
        assert_eq!(place.to_string(), "postgres database walk");
        let fault = "mysql://grid:geheim@127.0.0.1/walk".parse::<Place>().err().unwrap();
        assert!(!crate::fault::chain(&fault).contains("geheim"));
    }
}
