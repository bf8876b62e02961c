//! Where a bash script uses variables, and which of its text is code.

use std::ops::Range;

/// A script taken apart, as far as showing it needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Lexed<'a> {
    /// Every plain `$name` and `${name}` that bash would expand, in their order.
    pub(in crate::scenario) uses: Vec<(Range<usize>, &'a str)>,
    /// The script with a dot for every byte that is not code: of quotes, comments, here-documents and expansions.
    pub(super) code: Vec<u8>,
    /// Names that an expansion may set: `${name:=default}`.
    pub(super) set: Vec<&'a str>,
}

/// Here-documents in scripts in here-documents: more, and the text is none that a person wrote.
const DEEPEST: usize = 16;

/// Takes a script apart. What is not closed goes on to the end; nothing is an error here.
pub(in crate::scenario) fn lex(script: &str) -> Lexed<'_> {
    let found = Lexed { uses: Vec::new(), code: script.as_bytes().to_vec(), set: Vec::new() };
    let mut lexer = Lexer {
        script,
        at: 0,
        end: script.len(),
        modes: vec![Mode::Code],
        pending: Vec::new(),
        depth: 0,
        lexed: found,
    };
    lexer.run();
    lexer.lexed
}

/// What the lexer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The script itself.
    Code,
    /// `( … )`, `$( … )`.
    Parenthesis,
    /// `(( … ))`, `$(( … ))`, counted by its parentheses.
    Arithmetic,
    /// Between backticks.
    Backtick,
    /// `${ … }`.
    Brace,
    /// Between double quotes.
    Double,
    /// A here-document whose delimiter is not quoted.
    Document,
}

/// A here-document that begins on the next line.
struct Pending {
    delimiter: String,
    is_quoted: bool,
    strips_tabs: bool,
}

struct Lexer<'a> {
    script: &'a str,
    at: usize,
    end: usize,
    modes: Vec<Mode>,
    pending: Vec<Pending>,
    /// How many here-documents it is in.
    depth: usize,
    lexed: Lexed<'a>,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match self.mode() {
                Mode::Double | Mode::Document => self.quoted(byte),
                _ => self.code(byte),
            }
        }
    }

    fn mode(&self) -> Mode {
        self.modes.last().copied().unwrap_or(Mode::Code)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end { self.script.as_bytes().get(at).copied() } else { None }
    }

    /// Goes on by that many bytes.
    fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.end);
    }

    /// The same, for bytes that are no code.
    fn blank(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.end);
        if let Some(blanked) = self.lexed.code.get_mut(self.at..end) {
            blanked.fill(b'.');
        }
        self.at = end;
    }

    fn code(&mut self, byte: u8) {
        let next = self.peek(1);
        match byte {
            b'\\' => self.blank(2),
            b'\'' => self.single(),
            b'"' => self.enter(Mode::Double, 1),
            b'`' if self.mode() == Mode::Backtick => self.leave(),
            b'`' => self.enter(Mode::Backtick, 1),
            b'$' => self.dollar(next),
            b'#' if self.begins_word() && self.mode() != Mode::Brace => self.blank(self.to_line_end()),
            b'(' if next == Some(b'(') && self.mode() != Mode::Brace => {
                self.modes.push(Mode::Arithmetic);
                self.modes.push(Mode::Arithmetic);
                self.skip(2);
            }
            b'(' => {
                let inner =
                    if self.mode() == Mode::Arithmetic { Mode::Arithmetic } else { Mode::Parenthesis };
                self.modes.push(inner);
                self.skip(1);
            }
            b')' => {
                if matches!(self.mode(), Mode::Parenthesis | Mode::Arithmetic) {
                    self.modes.pop();
                }
                self.skip(1);
            }
            b'}' if self.mode() == Mode::Brace => self.leave(),
            b'<' if next == Some(b'<') => self.redirection(),
            b'\n' => {
                self.skip(1);
                self.documents();
            }
            _ if self.mode() == Mode::Brace => self.blank(1),
            _ => self.skip(1),
        }
    }

    fn quoted(&mut self, byte: u8) {
        match byte {
            b'\\' => self.blank(2),
            b'"' if self.mode() == Mode::Double => self.leave(),
            b'`' => self.enter(Mode::Backtick, 1),
            b'$' => self.dollar(self.peek(1)),
            _ => self.blank(1),
        }
    }

    fn enter(&mut self, mode: Mode, bytes: usize) {
        self.modes.push(mode);
        self.blank(bytes);
    }

    fn leave(&mut self) {
        self.modes.pop();
        self.blank(1);
    }

    fn single(&mut self) {
        let rest = self.rest();
        let length = rest.get(1..).and_then(|rest| rest.find('\'')).map_or(rest.len(), |at| at + 2);
        self.blank(length);
    }

    /// `$'…'`, in which a backslash escapes.
    fn ansi(&mut self) {
        self.blank(2);
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.blank(2),
                b'\'' => return self.blank(1),
                _ => self.blank(1),
            }
        }
    }

    fn dollar(&mut self, next: Option<u8>) {
        let is_quoted = matches!(self.mode(), Mode::Double | Mode::Document);
        match next {
            Some(b'\'') if !is_quoted => self.ansi(),
            Some(b'(') if self.peek(2) == Some(b'(') => {
                self.modes.push(Mode::Arithmetic);
                self.enter(Mode::Arithmetic, 3);
            }
            // A separator for whoever looks for assignments.
            Some(b'(') => {
                self.modes.push(Mode::Parenthesis);
                self.blank(1);
                self.skip(1);
            }
            Some(b'{') => self.brace(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.name(1);
                let range = self.at..self.at + 1 + name.len();
                self.lexed.uses.push((range, name));
                self.blank(1 + name.len());
            }
            _ => self.blank(1),
        }
    }

    fn brace(&mut self) {
        let name = self.name(2);
        match self.peek(2 + name.len()) {
            Some(b'}') if !name.is_empty() => {
                let length = name.len() + 3;
                self.lexed.uses.push((self.at..self.at + length, name));
                self.blank(length);
            }
            found => {
                let second = self.peek(3 + name.len());
                if found == Some(b'=') || (found == Some(b':') && second == Some(b'=')) {
                    self.lexed.set.push(name);
                }
                self.enter(Mode::Brace, 2 + name.len());
            }
        }
    }

    /// The name that begins so many bytes ahead; may be empty.
    fn name(&self, ahead: usize) -> &'a str {
        let rest = self.script.get(self.at + ahead..self.end).unwrap_or_default();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_digit()) { "" } else { name }
    }

    fn rest(&self) -> &'a str {
        self.script.get(self.at..self.end).unwrap_or_default()
    }

    fn to_line_end(&self) -> usize {
        let rest = self.rest();
        rest.find('\n').unwrap_or(rest.len())
    }

    fn begins_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.script.as_bytes().get(at));
        before.is_none_or(|byte| byte.is_ascii_whitespace() || b";&|()`".contains(byte))
    }

    /// `<<`: a here-document begins on the next line, unless it is arithmetic or `<<<`.
    fn redirection(&mut self) {
        if self.peek(2) == Some(b'<') {
            return self.skip(3);
        }
        if matches!(self.mode(), Mode::Arithmetic | Mode::Brace) {
            return self.skip(2);
        }
        self.skip(2);
        let strips_tabs = self.peek(0) == Some(b'-');
        self.skip(usize::from(strips_tabs));
        while self.peek(0).is_some_and(|byte| byte == b' ' || byte == b'\t') {
            self.skip(1);
        }
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || ";&|<>()".contains(c);
        let word = rest.split(is_end).next().unwrap_or_default();
        let is_mark = |c: char| matches!(c, '\'' | '"' | '\\');
        let delimiter = word.replace(is_mark, "");
        self.blank(word.len());
        if !delimiter.is_empty() {
            let is_quoted = word.contains(is_mark);
            self.pending.push(Pending { delimiter, is_quoted, strips_tabs });
        }
    }

    /// Takes the here-documents that begin here.
    fn documents(&mut self) {
        for document in std::mem::take(&mut self.pending) {
            let mut body = 0;
            for line in self.rest().split_inclusive('\n') {
                let text = line.trim_end_matches('\n');
                let text = if document.strips_tabs { text.trim_start_matches('\t') } else { text };
                if text == document.delimiter {
                    break;
                }
                body += line.len();
            }
            if document.is_quoted || self.depth == DEEPEST {
                self.blank(body);
            } else {
                self.document(body);
            }
            self.blank(self.to_line_end());
        }
    }

    /// A here-document in which variables are expanded.
    fn document(&mut self, length: usize) {
        let (end, modes) = (self.end, std::mem::replace(&mut self.modes, vec![Mode::Document]));
        self.end = self.at + length;
        self.depth += 1;
        self.run();
        self.depth -= 1;
        (self.end, self.modes) = (end, modes);
    }
}
