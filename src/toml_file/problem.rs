//! What is wrong in a file, and where.

use std::fmt;

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's path or, for one of the console's own, its name.
    pub file: String,
    /// From 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    /// The path of the key, such as `cluster[2].poll`; empty where the whole file is meant.
    pub key: String,
    /// What is wrong, without a full stop.
    pub message: String,
}

/// Everything that is wrong in a file, one line each; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// Where something stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The path of the key.
    pub key: String,
    /// From 1.
    pub line: Option<usize>,
}

impl Place {
    /// Where a key of the table that stands here stands, as far as its path goes.
    pub(super) fn child(&self, key: &str) -> String {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let key = if !key.is_empty() && key.chars().all(is_bare) {
            key.to_owned()
        } else {
            format!("\"{}\"", key.escape_debug())
        };
        if self.key.is_empty() { key } else { format!("{}.{key}", self.key) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl std::error::Error for Problems {}
