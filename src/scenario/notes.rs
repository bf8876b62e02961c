//! What is wrong with a file of scenarios, gathered so that all of it is told at once.

use crate::toml_file::{Problem, Problems};

/// Gathers what is wrong with a file.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self { file, problems: Vec::new() }
    }

    /// The name by which the problems call the file.
    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    /// Notes a problem at a line, from 1.
    pub(super) fn note(&mut self, line: usize, message: impl Into<String>) {
        let problem = self.problem(line, message);
        self.problems.push(problem);
    }

    /// What could be a problem, or a mere remark.
    pub(super) fn problem(&self, line: usize, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line: Some(line),
            key: String::new(),
            message: message.into().replace('\n', ", "),
        }
    }

    /// Takes over what another reader has found; what has no line is put at `line`.
    pub(super) fn take(&mut self, problems: Problems, line: usize) {
        self.problems.extend(
            problems.0.into_iter().map(|problem| Problem { line: problem.line.or(Some(line)), ..problem }),
        );
    }

    /// `value`, unless there was a problem.
    pub(super) fn finish<T>(mut self, value: T) -> Result<T, Problems> {
        self.problems.sort_by_key(|problem| problem.line);
        if self.problems.is_empty() { Ok(value) } else { Err(Problems(self.problems)) }
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

/// `did you mean …?`, or what there is.
pub(super) fn help<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match crate::nearest::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}
