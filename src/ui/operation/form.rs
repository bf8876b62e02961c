//! What stands below: the fields, the buttons, and what giving up would mean.

use ratatui::text::{Line, Span};

use super::{Foot, plain, signed};
use crate::app::{Focus, GivingUp, Job, Stage, Target};
use crate::model::text::clean;
use crate::operation::Progress;
use crate::theme::Role;
use crate::ui::Look;

/// What stands below a job.
pub(super) fn foot(job: &Job, width: usize, look: &Look) -> Foot {
    let cancel = Target::Button(Focus::Cancel);
    match job.stage {
        Stage::Planning => Foot::buttons(&[("Cancel", true, true, cancel)], look),
        Stage::Asking if job.hindrance().is_some() => Foot::buttons(&[("Close", true, true, cancel)], look),
        Stage::Asking => asking(job, width, look),
        Stage::Running { giving_up, .. } => Foot::words(running(job, giving_up, width, look)),
        Stage::Over => over(job, look),
    }
}

fn asking(job: &Job, width: usize, look: &Look) -> Foot {
    let mut foot = Foot::default();
    let form = &job.form;
    let name = job.name_to_type();
    let mut fields = Vec::new();
    if let Some(name) = &name {
        fields.push((format!("type {} to do it", clean(name)), &form.name, Focus::Name));
    }
    fields.push(("reason, for the audit log".to_owned(), &form.reason, Focus::Reason));
    let label = fields.iter().map(|(label, ..)| Span::raw(label.as_str()).width()).max().unwrap_or(0);
    let label = label.min(width / 2);
    for (words, input, focus) in &fields {
        let room = width.saturating_sub(label + 3);
        let has_keys = form.focus == *focus;
        let scroll = input.visual_scroll(room.saturating_sub(1));
        let text: String = input.value().chars().skip(scroll).collect();
        let text = look.fit(&text, room);
        if has_keys {
            foot.cursor = Some((foot.lines.len(), label + 3 + input.visual_cursor().saturating_sub(scroll)));
        }
        let words = look.fit(words, label);
        let blanks = label.saturating_sub(Span::raw(words.as_str()).width());
        let rest = room.saturating_sub(Span::raw(text.as_str()).width());
        foot.fields.push(*focus);
        foot.lines.push(Line::from(vec![
            look.span(Role::Title, if has_keys { look.glyphs.cursor } else { " " }),
            look.span(if has_keys { Role::Text } else { Role::Muted }, words + &" ".repeat(blanks)),
            Span::raw("  "),
            look.span(Role::Input, text),
            look.span(Role::Faint, "_".repeat(rest)),
        ]));
    }
    let words = match job.tasks.len() {
        1 => "Do it".to_owned(),
        count => format!("Do all {count}"),
    };
    foot.push_buttons(
        &[
            ("Cancel", form.focus == Focus::Cancel, true, Target::Button(Focus::Cancel)),
            (&words, form.focus == Focus::Confirm, job.can_be_confirmed(), Target::Button(Focus::Confirm)),
        ],
        look,
    );
    foot
}

fn running(job: &Job, giving_up: GivingUp, width: usize, look: &Look) -> Vec<Line<'static>> {
    match giving_up {
        GivingUp::No => Vec::new(),
        GivingUp::Asked => {
            let words = format!("Give it up? No further command is sent. {}", left(job));
            let mut lines =
                signed((look.glyphs.warning, Role::Warning), (&words, Role::Warning), 0, width, look);
            lines.extend(plain("The same key gives it up; esc goes on.", Role::Muted, 2, width, look));
            lines
        }
        GivingUp::Yes => plain("giving up: what is under way is waited for", Role::Warning, 0, width, look),
    }
}

/// What giving up would leave.
pub(super) fn left(job: &Job) -> String {
    let Stage::Running { at, .. } = job.stage else { return String::new() };
    let Some(task) = job.tasks.get(at) else { return String::new() };
    let sent = task.told.iter().filter(|told| matches!(told, Progress::Running { .. })).count();
    let plan = task.plan();
    let all = plan.map_or(0, |plan| plan.steps().count());
    match plan {
        _ if sent == 0 => "None has been sent: nothing is changed.".to_owned(),
        Some(plan) if sent < all => clean(&plan.half_way),
        _ => "All have been sent: it may still be done, but nobody verifies it.".to_owned(),
    }
}

fn over(job: &Job, look: &Look) -> Foot {
    let back = if job.can_be_redone() { Some("Redo") } else { (!job.undo().is_empty()).then_some("Undo") };
    let is_on_back = back.is_some() && job.form.focus == Focus::Confirm;
    let mut buttons = vec![("Close", !is_on_back, true, Target::Button(Focus::Cancel))];
    buttons.extend(back.map(|words| (words, is_on_back, true, Target::Button(Focus::Confirm))));
    Foot::buttons(&buttons, look)
}
