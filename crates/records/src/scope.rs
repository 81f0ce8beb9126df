//! Scope: what is replicated, counted and granted. Every record belongs to exactly one.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::ids::{AccountId, RecordId};

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

/// The kinds of audience: what a record type declares, before it is known whose a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Circle {
    /// Everyone of the county: lists, areas, posts.
    Public,
    /// Those who work in the area.
    Work,
    /// Persons and what is told at the door.
    Sensitive,
    /// One department of the county.
    Department,
    /// One unit: an employer, an enterprise.
    Unit,
    /// One person.
    Member,
}

/// A department, told by its name: the first eight bytes of a hash of it. Lists name departments, and
/// a county may change its lists; nobody has to keep a register of codes for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DepartmentCode(u64);

impl DepartmentCode {
    /// Stands for any of them in a declaration, whose records say themselves which it is.
    pub const ANY: Self = Self(0);

    /// The code of the department with this name; spaces make no difference.
    pub fn of(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        Self(xxh3_64(name.as_bytes()))
    }
}

/// Who within an area may hold a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Audience {
    /// Everyone of the county: lists, areas, posts.
    Public,
    /// Those who work in the area.
    Work,
    /// Persons and what is told at the door.
    Sensitive,
    /// One department.
    Department(DepartmentCode),
    /// One unit, by the id of its record.
    Unit(RecordId),
    /// One person.
    Member(AccountId),
}

/// Why a text is no audience.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an audience: {0}")]
pub struct NotAnAudience(pub String);

impl Audience {
    /// Which kind of audience it is.
    pub fn circle(self) -> Circle {
        match self {
            Self::Public => Circle::Public,
            Self::Work => Circle::Work,
            Self::Sensitive => Circle::Sensitive,
            Self::Department(_) => Circle::Department,
            Self::Unit(_) => Circle::Unit,
            Self::Member(_) => Circle::Member,
        }
    }

    /// The audience of a circle that is the same for everybody; `None` where it must be said whose.
    pub fn shared(circle: Circle) -> Option<Self> {
        match circle {
            Circle::Public => Some(Self::Public),
            Circle::Work => Some(Self::Work),
            Circle::Sensitive => Some(Self::Sensitive),
            Circle::Department | Circle::Unit | Circle::Member => None,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Work => f.write_str("work"),
            Self::Sensitive => f.write_str("sensitive"),
            Self::Department(DepartmentCode(code)) => write!(f, "dept:{code:016x}"),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Member(id) => write!(f, "member:{id}"),
        }
    }
}

impl FromStr for Audience {
    type Err = NotAnAudience;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = match text.split_once(':') {
            None => shared_of(text),
            Some(("dept", code)) => {
                u64::from_str_radix(code, 16).ok().map(DepartmentCode).map(Self::Department)
            }
            Some(("unit", id)) => id.parse().ok().map(Self::Unit),
            Some(("member", id)) => id.parse().ok().map(Self::Member),
            Some(_) => None,
        };
        // Of the many ways to write an id or a number one alone is a name.
        read.filter(|audience| audience.to_string() == text).ok_or_else(|| NotAnAudience(text.to_owned()))
    }
}

fn shared_of(text: &str) -> Option<Audience> {
    match text {
        "public" => Some(Audience::Public),
        "work" => Some(Audience::Work),
        "sensitive" => Some(Audience::Sensitive),
        _ => None,
    }
}

impl TryFrom<String> for Audience {
    type Error = NotAnAudience;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> String {
        audience.to_string()
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
        write!(f, "{}#{}", self.area, self.audience)
    }
}

impl FromStr for Scope {
    type Err = NotAScope;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAScope(text.to_owned());
        let (area, audience) = text.split_once('#').ok_or_else(wrong)?;
        Ok(Self {
            area: area.parse().map_err(|_| wrong())?,
            audience: audience.parse().map_err(|_| wrong())?,
        })
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

    /// Every audience there is, as text.
    #[test]
    fn every_audience_has_one_name() {
        let id = "0190f3c2-7a10-7000-8000-0000000000aa";
        let names = ["public", "work", "sensitive", "dept:000000000000002a"].map(str::to_owned);
        for name in names.into_iter().chain([format!("unit:{id}"), format!("member:{id}")]) {
            let audience: Audience = name.parse().unwrap();
            assert_eq!(audience.to_string(), name);
            let shared = Audience::shared(audience.circle());
            assert!(shared.is_none_or(|shared| shared == audience) && shared.is_none() == name.contains(':'));
        }
        for other in [
            "",
            "dept:",
            "dept:2A",
            "dept:2a",
            "unit:x",
            "member",
            "dept:000000000000002A",
            "dept:+00000000000002a",
        ] {
            assert!(other.parse::<Audience>().is_err(), "{other}");
        }
    }

    /// The server finds the scopes inside an area as the names from its path up to its path and `~`.
    #[test]
    fn names_of_scopes_lie_between_their_areas_path_and_a_tilde() {
        let area: AreaPath = "230881/001/003".parse().unwrap();
        let account = AccountId::from_bytes([0xff; 16]);
        let inside = ["230881/001/003", "230881/001/003/01", "230881/001/003/99"];
        let audiences =
            [Audience::Work, Audience::Department(DepartmentCode(u64::MAX)), Audience::Member(account)];
        for (path, audience) in inside.iter().flat_map(|path| audiences.map(|audience| (path, audience))) {
            let name = Scope::new(path.parse().unwrap(), audience).to_string();
            assert!(name.as_str() >= area.as_str() && name < format!("{area}~"), "{name}");
        }
        for outside in ["230881#work", "230881/001#work", "230881/001/002/99#work", "230881/001/004#public"] {
            assert!(outside < area.as_str() || outside >= format!("{area}~").as_str(), "{outside}");
        }
    }

    #[test]
    fn a_department_is_told_by_its_name_for_ever() {
        let code = DepartmentCode::of("民政局");
        assert_eq!(Audience::Department(code).to_string(), GOLDEN);
        assert_eq!(code, DepartmentCode::of(" 民政 局"));
        assert_ne!(code, DepartmentCode::of("民政"));
    }

    /// Servers of every version must agree on it.
    const GOLDEN: &str = "dept:18ce6e3903e3c16d";
}
