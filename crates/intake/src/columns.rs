//! Matches the column names of a file to fields: any order, many spellings.

use std::collections::HashMap;
#[cfg(feature = "spreadsheets")]
use std::sync::LazyLock;

use records::rules::text::normalise;

use crate::{IntakeFault, Table};

/// A field that a column may fill.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name in code and translations.
    pub field: &'static str,
    /// Names people give it, the usual one first; compared without spaces, width and case.
    pub names: &'static [&'static str],
}

/// Which columns of a table fill which fields.
#[derive(Debug)]
pub(crate) struct Columns {
    matched: Vec<(usize, &'static str)>,
    headers: Vec<String>,
}

impl Columns {
    /// Matches the names of a table.
    pub fn of(table: &Table, known: &'static [Column]) -> Self {
        let keys = keys_of(known);
        let fields = table.headers.iter().enumerate();
        let matched = fields.filter_map(|(index, header)| Some((index, field_of(header, &keys)?))).collect();
        Self { matched, headers: table.headers.clone() }
    }

    /// Refuses a table that lacks a column it cannot be read without.
    pub fn require(&self, field: &'static str, known: &'static [Column]) -> Result<(), IntakeFault> {
        if self.has(field) {
            return Ok(());
        }
        let usual = known.iter().find(|column| column.field == field).and_then(|column| column.names.first());
        Err(IntakeFault::ColumnMissing { field, column: usual.copied().unwrap_or(field) })
    }

    /// Whether a field has a column.
    pub fn has(&self, field: &str) -> bool {
        self.positions(field).next().is_some()
    }

    /// The columns that fill a field, from the left.
    pub fn positions<'c>(&'c self, field: &'c str) -> impl Iterator<Item = usize> + 'c {
        self.matched.iter().filter(move |(_, matched)| *matched == field).map(|(index, _)| *index)
    }

    /// The name of a column in the file.
    pub fn header(&self, index: usize) -> &str {
        self.headers.get(index).map_or("", String::as_str)
    }

    /// Names in the file with the fields they fill.
    pub fn recognised(&self) -> Vec<(String, String)> {
        let pair = |(index, field): &(usize, &str)| (self.header(*index).to_owned(), (*field).to_owned());
        self.matched.iter().map(pair).collect()
    }

    /// Indices of recognised columns, in the order of [`Columns::recognised`].
    pub fn indices(&self) -> impl Iterator<Item = (usize, &'static str)> + '_ {
        self.matched.iter().copied()
    }

    /// Names that mean nothing here.
    pub fn unknown(&self) -> Vec<String> {
        let is_matched = |index: &usize| self.matched.iter().any(|(matched, _)| matched == index);
        let unknown = self.headers.iter().enumerate().filter(|(index, _)| !is_matched(index));
        unknown.map(|(_, header)| header.clone()).collect()
    }
}

/// Fields by the keys of their names.
type Keys = HashMap<String, &'static str>;

#[cfg(feature = "spreadsheets")]
static EVERY_NAME: LazyLock<Keys> = LazyLock::new(|| {
    let kinds = [crate::items::COLUMNS, crate::lists::COLUMNS, crate::households::COLUMNS];
    kinds.into_iter().flat_map(keys_of).collect()
});

/// Whether a text is a column name of any kind of file.
#[cfg(feature = "spreadsheets")]
pub(crate) fn is_known(header: &str) -> bool {
    field_of(header, &EVERY_NAME).is_some()
}

fn keys_of(known: &'static [Column]) -> Keys {
    // Of two fields that claim a name, the first has it.
    let pairs =
        known.iter().rev().flat_map(|column| column.names.iter().map(|name| (key_of(name), column.field)));
    pairs.collect()
}

/// Tries the whole name, then without its brackets: `时限(分钟)` differs from `时限(工作日)`, but
/// `联系电话(手机)` is `联系电话`.
fn field_of(header: &str, keys: &Keys) -> Option<&'static str> {
    let whole = key_of(header);
    let (outside, inside) = split_brackets(&whole);
    [whole, outside, inside].iter().find_map(|key| keys.get(key).copied())
}

fn key_of(header: &str) -> String {
    let ornament =
        |c: &char| c.is_whitespace() || matches!(c, '*' | ':' | '_' | '-' | '/' | '、' | '"' | '\'');
    normalise(header).to_lowercase().chars().filter(|c| !ornament(c)).collect()
}

fn split_brackets(key: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_u32);
    for character in key.chars() {
        match character {
            '(' | '[' | '【' | '{' | '<' | '《' => depth += 1,
            ')' | ']' | '】' | '}' | '>' | '》' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(character),
            _ => inside.push(character),
        }
    }
    (outside, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_people_write_them() {
        let (households, items) = (keys_of(crate::households::COLUMNS), keys_of(crate::items::COLUMNS));
        for (header, field) in [
            ("联系电话(手机)", "person.phone"),
            ("　联 系 电 话　", "person.phone"),
            ("＊手机号码：", "person.phone"),
            ("房号（室）", "house.room"),
            ("身份证号【选填】", "person.id_number"),
        ] {
            assert_eq!(field_of(header, &households), Some(field), "{header}");
        }
        for (header, field) in [
            ("办理时限（工作日）", "item.limit_workdays"),
            ("时限(分钟)", "item.limit_minutes"),
            ("事项编码", "item.code"),
            ("Item_Code", "item.code"),
            ("主办/责任部门", "item.department"),
        ] {
            assert_eq!(field_of(header, &items), Some(field), "{header}");
        }
        assert_eq!(field_of("张三", &households), None);
        assert_eq!(field_of("()", &households), None);
    }
}
