//! The mouse, pressed where something stands.

use quorate::app::{State, Target};
use quorate::ui::target_at;

use crate::common::{look, screen};

/// What a press of the mouse means where those words stand on the screen. Panics if they aren't there.
pub(crate) fn pressed(state: &State, words: &str) -> Option<Target> {
    let look = look();
    let screen = screen(state, &look);
    let (width, height) = state.size;
    let line = |y| (0..width).map(|x| screen.buffer()[(x, y)].symbol()).collect::<Vec<_>>();
    let at = (0..height).find_map(|y| {
        let line = line(y);
        let starts = |x: &u16| line[usize::from(*x)..].concat().starts_with(words);
        (0..width).find(starts).map(|x| (x, y))
    });
    let Some((x, y)) = at else { panic!("{words} is nowhere:\n{screen}") };
    target_at(state, &look, x, y)
}
