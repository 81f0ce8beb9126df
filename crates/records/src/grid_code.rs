//! The 20-digit grid code of CJ/T 349-2010: object 6 + county 6 + street 3 + community 3 + grid 2.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::scope::AreaPath;

/// A 20-digit grid code, `01010023088100100307`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GridCode(String);

/// Why a text is no grid code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a grid code has 20 digits")]
pub struct NotAGridCode;

impl GridCode {
    /// The code of a grid: its object code (6 digits) and its path; `None` unless the path is a grid's.
    pub fn of(object: &str, grid: &AreaPath) -> Option<Self> {
        if grid.depth() != 4 {
            return None;
        }
        format!("{object}{}", grid.as_str().replace('/', "")).parse().ok()
    }

    /// The object part, 6 digits.
    pub fn object(&self) -> &str {
        &self.0[..6]
    }

    /// The grid's path in the area tree.
    pub fn path(&self) -> AreaPath {
        let (county, street, community, grid) =
            (&self.0[6..12], &self.0[12..15], &self.0[15..18], &self.0[18..20]);
        AreaPath::try_from(format!("{county}/{street}/{community}/{grid}"))
            .unwrap_or_else(|_| unreachable!("twenty digits make four segments"))
    }
}

impl FromStr for GridCode {
    type Err = NotAGridCode;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 20 && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned())).ok_or(NotAGridCode)
    }
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_domain_10_2_reads_both_ways() {
        let code: GridCode = "01010023088100100307".parse().unwrap();
        assert_eq!(code.path().as_str(), "230881/001/003/07");
        assert_eq!(GridCode::of("010100", &code.path()), Some(code));
        assert!("0101002308810010030".parse::<GridCode>().is_err());
        assert!("0101002308810010030x".parse::<GridCode>().is_err());
    }
}
