//! Settings that do not stand on the command line: in variables, and behind them in a file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::{Table, Value};

/// The variable that names the file.
const FILE: &str = "GRIDWALK_CONFIG";
/// What can be set, by its name on the command line.
const KNOWN: [&str; 9] =
    ["data", "database", "listen", "url", "insecure-http", "attachments", "metrics", "pages", "token-days"];

/// Why the settings cannot be read.
#[derive(Debug, Error)]
pub enum SettingsFault {
    /// The file is not there, or not for us.
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file is no TOML.
    #[error("{} is no TOML", .0.display())]
    NotToml(PathBuf, #[source] Box<toml::de::Error>),
    /// A name that no setting has: most likely a slip, and then something else than meant would be done.
    #[error("{}: there is no setting {name:?}; there are: {known}", file.display(), known = KNOWN.join(", "))]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The name.
        name: String,
    },
    /// A setting that is neither text nor yes or no.
    #[error("{}: {name} wants text, or true or false", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
        /// The setting.
        name: String,
    },
}

/// The settings around a command.
#[derive(Default)]
pub struct Settings {
    file: BTreeMap<String, OsString>,
}

impl Settings {
    /// Reads the file that is named here or by a variable; there may be none.
    pub fn read(named: Option<OsString>) -> Result<Self, SettingsFault> {
        match named.or_else(|| std::env::var_os(FILE)) {
            Some(path) => Self::in_file(Path::new(&path)),
            None => Ok(Self::default()),
        }
    }

    fn in_file(path: &Path) -> Result<Self, SettingsFault> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsFault::Unreadable(path.to_owned(), error))?;
        let table: Table =
            text.parse().map_err(|error| SettingsFault::NotToml(path.to_owned(), Box::new(error)))?;
        let one = |(name, value): (String, Value)| {
            if !KNOWN.contains(&name.as_str()) {
                return Err(SettingsFault::Unknown { file: path.to_owned(), name });
            }
            match value {
                Value::String(text) => Ok((name, text.into())),
                Value::Boolean(is_so) => Ok((name, is_so.to_string().into())),
                _ => Err(SettingsFault::NotText { file: path.to_owned(), name }),
            }
        };
        Ok(Self { file: table.into_iter().map(one).collect::<Result<_, _>>()? })
    }

    /// What a variable says of a setting, or the file.
    pub fn get(&self, name: &str) -> Option<OsString> {
        variable(name).or_else(|| self.file.get(name).cloned())
    }

    /// What variables say of these settings if they say any of them, or what the file does: one that excludes another
    /// is not mixed with it.
    pub fn either(&self, names: [&str; 2]) -> [Option<OsString>; 2] {
        let said = names.map(variable);
        match said.iter().any(Option::is_some) {
            true => said,
            false => names.map(|name| self.file.get(name).cloned()),
        }
    }
}

fn variable(name: &str) -> Option<OsString> {
    let name = KNOWN.contains(&name).then(|| name.to_uppercase().replace('-', "_"))?;
    std::env::var_os(format!("GRIDWALK_{name}")).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, SettingsFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::read(Some(file.path().into()))
    }

    #[test]
    fn a_file_says_what_the_command_line_does_not() {
        let settings = read("data = '/var/lib/gridwalk'\ninsecure-http = true\n").unwrap();
        assert_eq!(settings.get("data"), Some("/var/lib/gridwalk".into()));
        assert_eq!(settings.get("insecure-http"), Some("true".into()));
        assert_eq!(settings.either(["data", "database"]), [Some("/var/lib/gridwalk".into()), None]);
        assert_eq!((settings.get("listen"), settings.get("name")), (None, None));
    }

    #[test]
    fn a_slip_in_the_file_is_said() {
        for (text, said) in [
            ("dta = '/x'", "there is no setting \"dta\""),
            ("listen = 7420", "listen wants text"),
            ("listen = ", "is no TOML"),
        ] {
            let fault = read(text).err().unwrap().to_string();
            assert!(fault.contains(said), "{fault}");
        }
        let fault = Settings::read(Some("/nowhere/gridwalk.toml".into())).err().unwrap();
        assert_eq!(fault.to_string(), "/nowhere/gridwalk.toml cannot be read");
    }
}
