//! Import of spreadsheets: preview first, nothing written until accepted.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// Reads an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewImport {
    /// As given by the upload.
    pub upload: u64,
    /// Name of the file, whose ending decides between CSV and xlsx.
    pub file_name: String,
    /// What it should hold.
    pub what: ImportKind,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportKind {
    /// 网格事项清单
    Items,
    /// 住户台账
    Households,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPreview {
    /// As given by the upload.
    pub upload: u64,
    /// Columns recognised: header in the file and the field it fills.
    pub columns: Vec<(String, String)>,
    /// Headers not understood, which will be left out.
    pub unknown_columns: Vec<String>,
    /// Rows in the file.
    pub rows: u32,
    /// Records that would be new.
    pub new: u32,
    /// Records that would change.
    pub changed: u32,
    /// Rows already here as they are.
    pub same: u32,
    /// Problems, at most 200; rows with a problem are left out.
    pub problems: Vec<ImportProblem>,
    /// All problems.
    pub problem_count: u32,
    /// The first rows as they were understood; personal values are masked.
    pub sample: Vec<Vec<String>>,
}

/// A problem in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    /// Row in the file, from 1, header included.
    pub row: u32,
    /// Header of the column; empty for the whole row.
    pub column: String,
    /// What stands there; personal values are masked.
    pub value: String,
    /// What is wrong.
    pub fault: Fault,
}

/// Carries out a previewed import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptImport {
    /// As given by the upload.
    pub upload: u64,
}

/// Done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// New records.
    pub new: u32,
    /// Changed records.
    pub changed: u32,
}
