//! Scope: what is replicated, counted and granted. Every record belongs to exactly one.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A path in the area tree, `230881/001/003/07`: county (GB/T 2260), street, community, grid.
///
/// Containment is a prefix of whole segments (domain §10.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaPath(String);

/// Why a text is no area path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an area path: {0}")]
pub struct NotAnAreaPath(pub String);

const SEGMENT_DIGITS: [usize; 4] = [6, 3, 3, 2];

impl AreaPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 1 for a county, 4 for a grid.
    pub fn depth(&self) -> usize {
        self.0.split('/').count()
    }

    /// Whether `other` is this area or lies inside it.
    pub fn contains(&self, other: &AreaPath) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The area one level up; `None` for a county.
    pub fn parent(&self) -> Option<AreaPath> {
        self.0.rsplit_once('/').map(|(up, _)| AreaPath(up.to_owned()))
    }

    /// The ancestor at this depth, itself included; `None` when it is not that deep.
    pub fn at_depth(&self, depth: usize) -> Option<AreaPath> {
        let segments: Vec<&str> = self.0.split('/').take(depth).collect();
        (depth > 0 && segments.len() == depth).then(|| AreaPath(segments.join("/")))
    }

    /// The area below this one with the given segment.
    pub fn child(&self, segment: &str) -> Result<AreaPath, NotAnAreaPath> {
        format!("{}/{segment}", self.0).parse()
    }
}

impl FromStr for AreaPath {
    type Err = NotAnAreaPath;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let segments: Vec<&str> = text.split('/').collect();
        let fits = segments.len() <= SEGMENT_DIGITS.len()
            && segments.iter().zip(SEGMENT_DIGITS).all(|(segment, digits)| {
                segment.len() == digits && segment.bytes().all(|b| b.is_ascii_digit())
            });
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnAreaPath(text.to_owned())) }
    }
}

impl TryFrom<String> for AreaPath {
    type Error = NotAnAreaPath;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AreaPath> for String {
    fn from(path: AreaPath) -> String {
        path.0
    }
}

impl fmt::Display for AreaPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who within an area may hold a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Audience {
    /// Everyone of the county: lists, areas, posts.
    Public,
    /// Those who work in the area.
    Work,
    /// Persons and what is told at the door.
    Sensitive,
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Work => "work",
            Self::Sensitive => "sensitive",
        }
    }
}

/// Area × audience, written `230881/001/003/07#work`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    /// The area.
    pub area: AreaPath,
    /// Who within it.
    pub audience: Audience,
}

/// Why a text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a scope: {0}")]
pub struct NotAScope(pub String);

impl Scope {
    /// The scope of this audience in this area.
    pub fn new(area: AreaPath, audience: Audience) -> Self {
        Self { area, audience }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.area, self.audience.as_str())
    }
}

impl FromStr for Scope {
    type Err = NotAScope;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAScope(text.to_owned());
        let (area, audience) = text.split_once('#').ok_or_else(wrong)?;
        let audience = match audience {
            "public" => Audience::Public,
            "work" => Audience::Work,
            "sensitive" => Audience::Sensitive,
            _ => return Err(wrong()),
        };
        Ok(Self { area: area.parse().map_err(|_| wrong())?, audience })
    }
}

impl TryFrom<String> for Scope {
    type Error = NotAScope;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.to_string()
    }
}

macro_rules! cbor_as_text {
    ($name:ident) => {
        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.to_string())?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                d.str()?.parse().map_err(|_| minicbor::decode::Error::message(stringify!($name)))
            }
        }
    };
}

cbor_as_text!(AreaPath);
cbor_as_text!(Scope);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment_goes_by_whole_segments() {
        let county: AreaPath = "230881".parse().unwrap();
        let grid: AreaPath = "230881/001/003/07".parse().unwrap();
        assert!(county.contains(&grid) && county.contains(&county));
        assert!(!grid.contains(&county));
        assert_eq!(grid.parent().unwrap().as_str(), "230881/001/003");
        assert_eq!(grid.at_depth(2).unwrap().as_str(), "230881/001");
    }

    #[test]
    fn anything_else_is_no_path() {
        for text in ["", "23088", "230881/1", "230881/001/003/07/1", "230881/00a", "２３０８８１"] {
            assert!(text.parse::<AreaPath>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_reads_what_it_writes() {
        let scope: Scope = "230881/001/003/07#work".parse().unwrap();
        assert_eq!(scope.to_string(), "230881/001/003/07#work");
        assert!("230881#secret".parse::<Scope>().is_err());
    }
}
