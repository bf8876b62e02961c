//! Operations on the screen: keys in, screens out.

mod aims;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/deeds.rs"]
mod deeds;
mod drawn;
mod fake;
mod keys;
mod mouse;
mod person;
#[path = "../common/pictures.rs"]
mod pictures;
#[path = "../common/press.rs"]
mod press;
mod remedies;
#[path = "../common/running.rs"]
mod running;
mod screens;
mod together;
mod whole;
