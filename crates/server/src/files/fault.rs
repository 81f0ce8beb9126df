//! What goes wrong with a store of photos, in words that may stand in a log.

use std::error::Error;
use std::io;

use thiserror::Error;

use super::bucket;

/// Why a store does not do what was asked.
///
/// A bucket's own words are never repeated, except for its code: with a refusal it quotes the request's
/// heads, and a session's token is among them.
#[derive(Debug, Error)]
pub enum FilesFault {
    /// What was named is no place for photos.
    #[error("photos lie in a folder or in s3://BUCKET/PREFIX; credentials stand in variables")]
    NoLocation,
    /// What the variables say of a bucket is wrong, or not enough.
    #[error("the variables AWS_… do not say how the bucket is reached")]
    Misconfigured(#[source] object_store::Error),
    /// This server was built for folders alone.
    #[error("this server was built without S3; photos lie in a folder")]
    NoBuckets,
    /// There is no such file.
    #[error("the file is not there")]
    Missing,
    /// The bucket does not take these credentials, or does not allow them this; its code.
    #[error("the bucket refuses ({0})")]
    Refused(String),
    /// The bucket, or whoever gives the credentials, did not do it; its code, `NoSuchBucket` among them.
    #[error("the bucket fails ({0})")]
    Broken(String),
    /// The bucket took too long.
    #[error("the bucket does not answer in time")]
    Slow,
    /// There is no way to the bucket.
    #[error("the bucket cannot be reached: {0}")]
    Unreachable(String),
    /// A disk failed, the folder's or where credentials are read from.
    #[error("a file of this machine cannot be used")]
    Disk(#[source] object_store::Error),
}

impl From<object_store::Error> for FilesFault {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
        if let Some(fault) = bucket::of_the_way(&error) {
            return fault;
        }
        let is_of_a_disk = cause::<io::Error>(&error).is_some();
        let text = error.to_string();
        let code = code(&text).unwrap_or("no code").to_owned();
        match error {
            NotFound { .. } if code != "NoSuchBucket" => Self::Missing,
            _ if is_of_a_disk => Self::Disk(error),
            PermissionDenied { .. } | Unauthenticated { .. } => Self::Refused(code),
            _ => Self::Broken(code),
        }
    }
}

/// The first cause of a kind.
pub(super) fn cause<T: Error + 'static>(error: &object_store::Error) -> Option<&T> {
    sources(error).find_map(|error| error.downcast_ref())
}

/// A fault and what it comes from, the innermost last.
pub(super) fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The code in a bucket's answer: `<Code>AccessDenied</Code>`.
fn code(answer: &str) -> Option<&str> {
    let (_, rest) = answer.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric());
    is_code.then_some(code)
}
