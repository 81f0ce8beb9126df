//! Settings that do not stand on the command line: in variables, and behind them in a file.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::{Table, Value};

/// What every variable begins with.
const PREFIX: &str = "GRIDWALK_";
/// The variable that names the file.
const FILE: &str = "GRIDWALK_CONFIG";
/// What can be set, by its name on the command line.
const KNOWN: [&str; 21] = [
    "data",
    "database",
    "listen",
    "url",
    "insecure-http",
    "attachments",
    "metrics",
    "pages",
    "tls",
    "tls-name",
    "tls-folder",
    "tls-certificate",
    "tls-key",
    "seal",
    "passphrase-file",
    "token-days",
    "keep-visits",
    "keep-people",
    "keep-photos",
    "keep-proof",
    "keep-audit",
];

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
    variables: BTreeMap<&'static str, OsString>,
    file: BTreeMap<String, OsString>,
}

impl Settings {
    /// Reads the file that is named here or by a variable; there may be none. An empty variable says nothing.
    pub fn read(
        named: Option<OsString>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsFault> {
        let mut variables: BTreeMap<_, _> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut variable = |name: &str| variables.remove(OsStr::new(name));
        let file = named.or_else(|| variable(FILE)).map(|path| in_file(Path::new(&path))).transpose()?;
        let variables = KNOWN.into_iter().filter_map(|name| {
            let value = variable(&format!("{PREFIX}{}", name.to_uppercase().replace('-', "_")))?;
            Some((name, value))
        });
        Ok(Self { variables: variables.collect(), file: file.unwrap_or_default() })
    }

    /// What a variable says of a setting, or the file.
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).or_else(|| self.file.get(name)).cloned()
    }

    /// What variables say of these settings if they say any of them, or what the file does: one that excludes another
    /// is not mixed with it.
    pub fn either(&self, names: [&str; 2]) -> [Option<OsString>; 2] {
        match names.iter().any(|name| self.variables.contains_key(name)) {
            true => names.map(|name| self.variables.get(name).cloned()),
            false => names.map(|name| self.file.get(name).cloned()),
        }
    }
}

fn in_file(path: &Path) -> Result<BTreeMap<String, OsString>, SettingsFault> {
    let text =
        std::fs::read_to_string(path).map_err(|error| SettingsFault::Unreadable(path.to_owned(), error))?;
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
    table.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, SettingsFault> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::read(Some(file.path().into()), [])
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
    fn a_variable_says_it_before_the_file_which_a_variable_may_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "data = '/in/the/file'\nlisten = '[::1]:1'\nurl = 'http://file'\n")
            .unwrap();
        let variables = [
            ("GRIDWALK_CONFIG", file.path().as_os_str()),
            ("GRIDWALK_LISTEN", OsStr::new("[::1]:2")),
            ("GRIDWALK_DATABASE", OsStr::new("postgres://here")),
            ("GRIDWALK_URL", OsStr::new("")),
            ("GRIDWALK_NAME", OsStr::new("no setting")),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let settings = Settings::read(None, variables.clone()).unwrap();
        assert_eq!(settings.get("listen"), Some("[::1]:2".into()));
        assert_eq!(settings.get("url"), Some("http://file".into()));
        assert_eq!(settings.either(["data", "database"]), [None, Some("postgres://here".into())]);
        assert_eq!(settings.get("name"), None);
        let other = tempfile::NamedTempFile::new().unwrap();
        let settings = Settings::read(Some(other.path().into()), variables).unwrap();
        assert_eq!(settings.get("data"), None, "a file named on the command line stands for the other");
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
        let fault = Settings::read(Some("/nowhere/gridwalk.toml".into()), []).err().unwrap();
        assert_eq!(fault.to_string(), "/nowhere/gridwalk.toml cannot be read");
    }
}
