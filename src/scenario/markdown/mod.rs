//! Scenarios of ours: Markdown that reads well by itself. `docs/scenarios.md` is its reference.

mod fence;
mod front;
#[cfg(test)]
mod tests;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Parser, Tag, TagEnd};

use self::fence::{Fence, Role};
use super::notes::{Lines, Notes};
use super::{Check, Destroys, Format, Order, Scenario, Script, Step, Target};
use crate::toml_file::Problems;

/// Reads a scenario. `file` is what the problems call it; each of them has a line.
pub(super) fn read(file: &str, name: &str, text: &str) -> Result<Scenario, Problems> {
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut notes = Notes::new(file);
    let (front, start) = front::read(&mut notes, text);
    let mut body = Body::new(text, start, &mut notes);
    body.read();
    let Body { heading, mut introduction, sections, .. } = body;
    let steps = steps(&mut notes, sections, &mut introduction);
    if steps.is_empty() {
        let line = text.lines().count().max(1);
        notes.note(line, "there is no step: a `## heading` with a block ```bash run below it");
    }
    let title = front.title.or(heading).unwrap_or_else(|| name.to_owned());
    notes.finish(Scenario {
        name: name.to_owned(),
        title,
        format: Format::Markdown,
        purpose: front.purpose,
        tier: front.tier,
        order: front.order,
        needs: front.needs,
        verified: front.verified,
        destroys: front.destroys,
        variables: front.variables,
        gates: front.gates,
        remarks: Vec::new(),
        introduction,
        fingerprint: super::fingerprint::of(text),
        steps,
    })
}

/// A `## heading` and what stands below it.
#[derive(Debug)]
struct Part {
    title: String,
    line: usize,
    prose: String,
    blocks: Vec<Block>,
}

/// A block that is run at some time.
#[derive(Debug)]
struct Block {
    fence: Fence,
    text: String,
    line: usize,
}

/// Walks through what follows the front matter.
struct Body<'a, 'n, 'f> {
    text: &'a str,
    lines: Lines,
    notes: &'n mut Notes<'f>,
    /// Where the prose begins that belongs to no part yet.
    prose: usize,
    /// Where what is walked through begins in the text.
    start: usize,
    heading: Option<String>,
    introduction: String,
    sections: Vec<Part>,
}

impl<'a, 'n, 'f> Body<'a, 'n, 'f> {
    fn new(text: &'a str, start: usize, notes: &'n mut Notes<'f>) -> Self {
        Self {
            text,
            lines: Lines::of(text),
            notes,
            prose: start,
            start,
            heading: None,
            introduction: String::new(),
            sections: Vec::new(),
        }
    }

    fn read(&mut self) {
        let text = self.text.get(self.start..).unwrap_or_default();
        let mut events = Parser::new(text).into_offset_iter();
        while let Some((event, range)) = events.next() {
            let range = self.start + range.start..self.start + range.end;
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let title = heading(&mut events);
                    self.heading(level, title, range);
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let script = code(&mut events);
                    if let CodeBlockKind::Fenced(info) = kind {
                        self.block(&info, script, range);
                    }
                }
                Event::Start(_) => self.nested(&mut events),
                _ => {}
            }
        }
        self.flush(self.text.len());
    }

    /// Gives the prose before `end` to the part that it belongs to.
    fn flush(&mut self, end: usize) {
        let prose = self.text.get(self.prose..end).unwrap_or_default().trim();
        if prose.is_empty() {
            return;
        }
        let prose = prose.replace("\r\n", "\n");
        let whole = self.sections.last_mut().map_or(&mut self.introduction, |part| &mut part.prose);
        if !whole.is_empty() {
            whole.push_str("\n\n");
        }
        whole.push_str(&prose);
    }

    fn heading(&mut self, level: HeadingLevel, title: String, range: Range<usize>) {
        let line = self.lines.line(range.start);
        let is_title = level == HeadingLevel::H1 && self.heading.is_none() && self.sections.is_empty();
        match level {
            HeadingLevel::H1 if is_title => self.flush(range.start),
            HeadingLevel::H2 => self.flush(range.start),
            _ => return,
        }
        self.prose = range.end;
        if title.trim().is_empty() {
            self.notes.note(line, "the heading is empty");
        }
        if is_title {
            self.heading = Some(title);
        } else {
            self.sections.push(Part { title, line, prose: String::new(), blocks: Vec::new() });
        }
    }

    fn block(&mut self, info: &str, script: String, range: Range<usize>) {
        let line = self.lines.line(range.start);
        let is_closed = self.text.get(range.clone()).is_some_and(is_closed);
        if !is_closed {
            self.notes.note(line, "the block that begins here is not closed");
        }
        let fence = match fence::read(info) {
            Ok(Some(fence)) => fence,
            Ok(None) => return,
            Err(wrong) => {
                for message in wrong {
                    self.notes.note(line, message);
                }
                return;
            }
        };
        self.flush(range.start);
        self.prose = range.end;
        if script.trim().is_empty() {
            self.notes.note(line, "the block is empty");
        }
        match self.sections.last_mut() {
            Some(part) => part.blocks.push(Block { fence, text: script, line }),
            None => self.notes.note(line, "the block stands before the first step; a step is a `## heading`"),
        }
    }

    /// Skips what is neither a heading nor a block by itself, and sees to it that nothing in it is to be run.
    fn nested(&mut self, events: &mut OffsetIter<'_>) {
        let mut depth = 1;
        while depth > 0 {
            let Some((event, range)) = events.next() else { return };
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    depth += 1;
                    if !matches!(fence::read(&info), Ok(None)) {
                        let line = self.lines.line(self.start + range.start);
                        self.notes.note(line, "a block in a list or a quotation is not run; move it out");
                    }
                }
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }
}

/// A heading's text, without its marks.
fn heading(events: &mut OffsetIter<'_>) -> String {
    let mut title = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            _ => {}
        }
    }
    title
}

fn code(events: &mut OffsetIter<'_>) -> String {
    let mut script = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::End(TagEnd::CodeBlock) => break,
            Event::Text(text) => script.push_str(&text),
            _ => {}
        }
    }
    script
}

/// Whether a fenced block ends with a fence; without one it would swallow all that follows.
fn is_closed(block: &str) -> bool {
    let mut lines = block.lines();
    let Some(first) = lines.next().map(str::trim_start) else { return false };
    let Some(mark) = first.chars().next() else { return false };
    let opened = first.chars().take_while(|c| *c == mark).count();
    let last = lines.next_back().unwrap_or_default().trim();
    last.chars().count() >= opened && last.chars().all(|c| c == mark)
}

/// Makes steps of the parts. A chapter of the manual in which nothing is done is read with what is before it.
fn steps(notes: &mut Notes<'_>, parts: Vec<Part>, introduction: &mut String) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for part in parts {
        let proves = part.blocks.iter().any(|block| matches!(block.fence.role, Role::Run | Role::Check));
        if proves {
            steps.push(step(notes, part, steps.len() + 1));
        } else if part.blocks.is_empty() {
            let before = steps.last_mut().map_or(&mut *introduction, |step| &mut step.prose);
            let chapter = format!("{before}\n\n## {}\n\n{}", part.title, part.prose);
            chapter.trim().clone_into(before);
        } else {
            let message = format!("the step `{}` neither runs nor checks anything", part.title);
            notes.note(part.line, message);
        }
    }
    steps
}

fn step(notes: &mut Notes<'_>, part: Part, number: usize) -> Step {
    let mut step = Step {
        number,
        title: part.title,
        prose: part.prose,
        line: part.line,
        on: Target::default(),
        order: Order::Serial,
        destroys: Destroys::Nothing,
        run: Vec::new(),
        unless: Vec::new(),
        checks: Vec::new(),
        undo: Vec::new(),
    };
    let mut said: Option<(Target, Order)> = None;
    for Block { fence, text, line } in part.blocks {
        let role = fence.role;
        if role == Role::Run {
            let says = (fence.on.clone().unwrap_or_default(), fence.order.unwrap_or(Order::Serial));
            match &said {
                Some(first) if *first != says => notes.note(
                    line,
                    "the step's `run` blocks must say the same `on` and `parallel`; make two steps of it",
                ),
                Some(_) => {}
                None => said = Some(says),
            }
            if let (Some(what), Destroys::Nothing) = (fence.destroys, &step.destroys) {
                step.destroys = Destroys::This(what);
            }
        }
        let on = if role == Role::Run { None } else { fence.on };
        let script =
            Script { text, line, os: fence.os, on, timeout: fence.timeout, exit_code: fence.exit_code };
        match role {
            Role::Run => step.run.push(script),
            Role::Check => step.checks.push(Check { script, retry: fence.retry }),
            Role::Undo => step.undo.push(script),
            Role::Unless => step.unless.push(script),
        }
    }
    if let Some((on, order)) = said {
        (step.on, step.order) = (on, order);
    }
    step
}
