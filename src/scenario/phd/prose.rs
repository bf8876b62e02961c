//! Comments, made prose.

/// Longer, and it is no title.
const LONGEST_TITLE: usize = 72;

/// phd gives scripts functions of its own; these beginnings are theirs.
const PHD_FUNCTIONS: [&str; 6] = ["phd_cmd_", "phd_wait_", "phd_rsc_", "phd_test_", "phd_log", "phd_node_"];

/// Comments that belong to what follows them.
#[derive(Debug, Default)]
pub(super) struct Comments(Vec<String>);

impl Comments {
    pub(super) fn push(&mut self, line: &str) {
        self.0.push(line.trim().to_owned());
    }

    /// A blank line.
    pub(super) fn pause(&mut self) {
        if !self.0.is_empty() {
            self.0.push(String::new());
        }
    }

    /// All of them as a text, without the frames that are drawn around a section's name.
    pub(super) fn take(&mut self) -> String {
        let lines = std::mem::take(&mut self.0);
        let is_frame = |line: &str| !line.is_empty() && line.chars().all(|c| c == '#');
        let mut kept: Vec<&str> = Vec::new();
        let mut after_frame = false;
        for line in &lines {
            let is_boxed = after_frame && line.len() > 1 && line.ends_with('#') && !is_frame(line);
            after_frame = line.len() > 2 && is_frame(line);
            if is_boxed || after_frame {
                continue;
            }
            let text = line.trim_start_matches('#');
            kept.push(text.strip_prefix(' ').unwrap_or(text));
        }
        kept.join("\n").trim_matches('\n').trim_end().to_owned()
    }
}

/// The first sentence of a prose, if it is short enough for a title.
pub(super) fn title(prose: &str) -> Option<String> {
    let paragraph = prose.split("\n\n").next()?;
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let whole = words.join(" ");
    let sentence = whole.split_once(". ").map_or(whole.as_str(), |(sentence, _)| sentence);
    let sentence = sentence.trim_end_matches(['.', ':']);
    let is_short = !sentence.is_empty() && sentence.chars().count() <= LONGEST_TITLE;
    is_short.then(|| sentence.to_owned())
}

/// A function of phd's own that a script calls.
pub(super) fn phd_function(script: &str) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|line| line.split(|c: char| !is_word(c)))
        .find(|word| PHD_FUNCTIONS.iter().any(|begin| word.starts_with(begin)))
}
