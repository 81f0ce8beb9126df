//! Reads one row field by field and names every problem by row, column and value.

use records::Fault;
use records::call::ImportProblem;
use records::rules::{mask, text::normalise};

use crate::columns::Columns;
use crate::table::TableRow;

/// One row being read. Problems are gathered, so that a person sees all of them at once.
pub(crate) struct RowReader<'t> {
    columns: &'t Columns,
    row: &'t TableRow,
    problems: Vec<ImportProblem>,
}

impl<'t> RowReader<'t> {
    /// Begins a row.
    pub fn new(columns: &'t Columns, row: &'t TableRow) -> Self {
        let mut reader = Self { columns, row, problems: Vec::new() };
        if let Some(first) = row.surplus.first() {
            // In a shifted row of a register this may be anything of anybody.
            let names_people = columns.has("person.name") || columns.has("household.head");
            let value = if names_people { mask::name(first.trim()) } else { first.clone() };
            reader.push(String::new(), value, Fault::new("import.too_many_cells"));
        }
        reader
    }

    /// What is wrong with the row; empty when it can be used.
    pub fn into_problems(self) -> Vec<ImportProblem> {
        self.problems
    }

    /// Whether nothing is wrong so far.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// The cell as it stands in the file; empty when there is none.
    pub fn raw(&self, field: &str) -> &'t str {
        self.filled(field).map_or("", |index| self.cell(index))
    }

    /// A code or number in half-width characters; `None` when blank.
    pub fn plain(&mut self, field: &str) -> Option<String> {
        let index = self.filled(field)?;
        if self.is_unusable(field, index) {
            return None;
        }
        Some(normalise(self.cell(index))).filter(|text| !text.is_empty())
    }

    /// Words, whose full-width punctuation stays; `None` when blank.
    pub fn prose(&mut self, field: &str) -> Option<String> {
        let index = self.filled(field)?;
        if self.is_unusable(field, index) {
            return None;
        }
        Some(prose(self.cell(index))).filter(|text| !text.is_empty())
    }

    /// A value read by `read`; a refusal becomes a problem.
    pub fn parsed<T>(&mut self, field: &str, read: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let text = self.plain(field)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fail(field, fault);
                None
            }
        }
    }

    /// Notes that a needed cell is blank.
    pub fn missing(&mut self, field: &str) {
        self.fail(field, Fault::new("import.value_missing"));
    }

    /// Notes a problem with a field, once.
    pub fn fail(&mut self, field: &str, fault: Fault) {
        let index = self.filled(field).or_else(|| self.columns.positions(field).next());
        let header = index.map_or("", |index| self.columns.header(index)).to_owned();
        self.push(header, shown(field, self.raw(field)), fault);
    }

    fn push(&mut self, column: String, value: String, fault: Fault) {
        let problem = ImportProblem { row: self.row.number, column, value, fault };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn cell(&self, index: usize) -> &'t str {
        self.row.cells.get(index).map_or("", String::as_str)
    }

    fn filled(&self, field: &str) -> Option<usize> {
        self.columns.positions(field).find(|index| !self.cell(*index).trim().is_empty())
    }

    /// A formula or its failure is no value; nor are two columns of one field that disagree.
    fn is_unusable(&mut self, field: &str, index: usize) -> bool {
        if is_formula(self.cell(index)) {
            self.fail(field, Fault::new("import.value_wrong"));
            return true;
        }
        let others =
            self.columns.positions(field).filter(|other| *other > index).map(|other| self.cell(other));
        let disagrees = others.map(normalise).any(|o| !o.is_empty() && o != normalise(self.cell(index)));
        // Two phone numbers are no contradiction: the first is kept.
        if disagrees && field != "person.phone" {
            self.fail(field, Fault::new("import.columns_disagree"));
            return true;
        }
        false
    }
}

fn is_formula(cell: &str) -> bool {
    const FAILURES: &[&str] =
        &["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#DATA!", "#SPILL!"];
    let cell = cell.trim();
    (cell.starts_with('=') && cell.len() > 1) || FAILURES.contains(&cell)
}

/// A cell as a preview shows it: what is personal is masked (domain §9.3). Row and column are enough to
/// find it in the file.
pub(crate) fn shown(field: &str, text: &str) -> String {
    match field {
        "person.name" | "household.head" => mask::name(text.trim()),
        "person.phone" => mask::phone(text.trim()),
        "person.id_number" => mask::id_number(text.trim()),
        "person.born_on" => "*".repeat(text.trim().chars().count().min(10)),
        _ => text.to_owned(),
    }
}

/// Text brought to one form, with the full-width punctuation Chinese is written with.
pub(crate) fn prose(raw: &str) -> String {
    let is_wide_mark = |c: char| matches!(c, '\u{ff01}'..='\u{ff5e}') && !c.is_alphanumeric();
    let mut text = String::with_capacity(raw.len());
    for piece in raw.split_inclusive(is_wide_mark) {
        let mark = piece.chars().next_back().filter(|c| is_wide_mark(*c));
        text.push_str(&normalise(piece.trim_end_matches(is_wide_mark)));
        text.extend(mark);
    }
    text.trim().to_owned()
}

/// A fault for a value that is none of those a field can have.
pub(crate) fn wrong() -> Fault {
    Fault::new("import.value_wrong")
}

/// The parts of a list in one cell: `物业、社区；派出所`.
pub(crate) fn parts(text: &str) -> Vec<String> {
    let is_separator = |c: char| matches!(c, '、' | ',' | '，' | ';' | '；' | '|' | '\n');
    let parts = text.split(is_separator).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_punctuation_and_lose_the_rest() {
        assert_eq!(prose(" 耳背，多敲两下（２ 遍）！ "), "耳背，多敲两下（2 遍）！");
        assert_eq!(prose("物业\u{200b}费\u{202e}"), "物业费");
        assert_eq!(parts("物业、社区； 派出所"), ["物业", "社区", "派出所"]);
    }
}
