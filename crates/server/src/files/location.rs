//! Where photos lie: in a folder, or in a bucket.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use object_store::path::Path as Place;

use super::FilesFault;

/// Where the bytes of attachments lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store.
    Bucket {
        /// Its name.
        name: String,
        /// What every name in it begins with; may be empty.
        prefix: Place,
    },
}

impl Location {
    /// `s3://BUCKET/PREFIX`, or else a folder.
    ///
    /// # Errors
    /// [`FilesFault::NoLocation`] for the address of something else.
    pub fn named(text: OsString) -> Result<Self, FilesFault> {
        match text.to_str().and_then(|text| text.split_once("://")) {
            Some(("s3", address)) => bucket(address).ok_or(FilesFault::NoLocation),
            Some(_) => Err(FilesFault::NoLocation),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

/// A name that could hold credentials is none: they belong into variables, which nobody else can read.
fn bucket(address: &str) -> Option<Location> {
    let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let prefix = Place::parse(prefix).ok()?;
    let is_bucket = !name.is_empty() && name.chars().all(is_name);
    is_bucket.then(|| Location::Bucket { name: name.to_owned(), prefix })
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Bucket { name, prefix } => write!(out, "s3://{name}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<String, String> {
        let shown = |location: Location| match location {
            Location::Folder(_) => format!("folder {location}"),
            Location::Bucket { .. } => format!("bucket {location}"),
        };
        Location::named(text.into()).map(shown).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_bucket_is_told_from_a_folder() {
        for (text, read) in [
            ("/var/lib/photos", "folder /var/lib/photos"),
            ("s3:/odd", "folder s3:/odd"),
            ("s3://photos", "bucket s3://photos/"),
            ("s3://photos/", "bucket s3://photos/"),
            ("s3://photos/230881/a/", "bucket s3://photos/230881/a"),
        ] {
            assert_eq!(named(text).as_deref(), Ok(read));
        }
    }

    #[test]
    fn what_is_neither_is_refused_and_not_repeated() {
        for text in ["s3://", "s3:///photos", "gs://photos", "s3://key:geheim@photos", "s3://photos/a//b"] {
            assert!(!named(text).unwrap_err().contains("geheim"), "{text}");
        }
    }
}
