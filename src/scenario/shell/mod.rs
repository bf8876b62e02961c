//! What bash would put in for a script's variables, for a person who reads the script before it is run.
//!
//! Only for showing: what is run is the script as it is written, with the values in its environment.

mod assigned;
mod lexer;
#[cfg(test)]
mod tests;

pub(super) use self::assigned::assigned;
pub(super) use self::lexer::{Lexed, lex};

/// The script with the values of variables put in where bash would put them: `$name` and `${name}`, not in single
/// quotes, comments or quoted here-documents, and not where the script itself gives the variable another value.
pub(super) fn put_in<'v>(script: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let lexed = lex(script);
    let assigned = assigned(&lexed);
    let mut shown = String::with_capacity(script.len());
    let mut from = 0;
    for (range, name) in &lexed.uses {
        let Some(value) = value(name).filter(|_| !assigned.contains(*name)) else { continue };
        shown.push_str(script.get(from..range.start).unwrap_or_default());
        shown.push_str(value);
        from = range.end;
    }
    shown.push_str(script.get(from..).unwrap_or_default());
    shown
}
