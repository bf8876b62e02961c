//! A running console in-process, in simulated time.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use quorate::app::wizard::Realm;
use quorate::model::{Access, Inventory};
use quorate::operate::audit::{self, Audit};
use quorate::runtime::{Clock, Launch, ScenarioSetup, Screen, ThemeChoice, run_on};
use quorate::saved::Saved;
use quorate::theme::Depth;
use quorate::transport::Transport;
use quorate::ui::Look;
use quorate::{keymap, theme, ui};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A terminal that the console draws on while the test looks at it.
#[derive(Clone)]
pub(crate) struct Shared {
    screen: Arc<Mutex<TestBackend>>,
    drawn: Arc<Notify>,
    /// Whether the terminal takes no output.
    pub(crate) stalled: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut TestBackend) -> T) -> T {
        work(&mut self.screen.lock().expect("no drawing panicked"))
    }
}

type Drawn<T> = Result<T, <TestBackend as Backend>::Error>;

impl Backend for Shared {
    type Error = <TestBackend as Backend>::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Drawn<()> {
        self.with(|screen| screen.draw(content))
    }

    fn hide_cursor(&mut self) -> Drawn<()> {
        self.with(Backend::hide_cursor)
    }

    fn show_cursor(&mut self) -> Drawn<()> {
        self.with(Backend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> Drawn<Position> {
        self.with(Backend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Drawn<()> {
        self.with(|screen| screen.set_cursor_position(position))
    }

    fn clear(&mut self) -> Drawn<()> {
        self.with(Backend::clear)
    }

    fn clear_region(&mut self, region: ClearType) -> Drawn<()> {
        self.with(|screen| screen.clear_region(region))
    }

    fn size(&self) -> Drawn<Size> {
        self.with(|screen| screen.size())
    }

    fn window_size(&mut self) -> Drawn<WindowSize> {
        self.with(Backend::window_size)
    }

    fn flush(&mut self) -> Drawn<()> {
        self.with(Backend::flush)?;
        self.drawn.notify_one();
        Ok(())
    }
}

impl Screen for Shared {
    fn suspend(&self) -> io::Result<()> {
        Ok(())
    }

    fn copy(&self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    async fn free(&self) -> io::Result<()> {
        // Fails only where the channel is gone, and this is one end of it.
        self.stalled.subscribe().wait_for(|is_stalled| !is_stalled).await.map_err(io::Error::other)?;
        Ok(())
    }

    fn is_stalled(&self) -> bool {
        *self.stalled.borrow()
    }
}

/// A running console.
pub(crate) struct Console {
    pub(crate) shared: Shared,
    pub(crate) keys: UnboundedSender<io::Result<Event>>,
    end: Option<oneshot::Sender<()>>,
    running: JoinHandle<color_eyre::Result<()>>,
    /// Where its audit log is.
    pub(crate) folder: Arc<TempDir>,
}

/// A clock that begins at the moment of all tests and goes with the simulated time.
pub(crate) fn clock() -> Clock {
    let began = Instant::now();
    let epoch: Timestamp = "2026-11-22T11:36:00Z".parse().expect("a time");
    Arc::new(move || epoch + began.elapsed())
}

impl Console {
    pub(crate) fn start(
        inventory: Inventory,
        transport: Arc<dyn Transport>,
        clock: Clock,
        size: (u16, u16),
    ) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::start_in(folder, inventory, transport, clock, size)
    }

    /// The same with the state that an earlier one has left.
    pub(crate) fn start_in(
        folder: Arc<TempDir>,
        inventory: Inventory,
        transport: Arc<dyn Transport>,
        clock: Clock,
        size: (u16, u16),
    ) -> Self {
        Self::open(folder, (inventory, Vec::new()), transport, clock, size)
    }

    /// The same on clusters of which some may be saved.
    pub(crate) fn open(
        folder: Arc<TempDir>,
        (inventory, saved): (Inventory, Vec<Saved>),
        transport: Arc<dyn Transport>,
        clock: Clock,
        size: (u16, u16),
    ) -> Self {
        let audit = Audit::open(&folder.path().join(audit::FILE)).expect("a log");
        let launch = Launch {
            notes: std::collections::HashMap::new(),
            inventory,
            saved,
            transport,
            watch: quorate::watch::Settings::default(),
            look: Look::new(
                theme::load("dark", None).expect("built in"),
                keymap::load("default", None).expect("built in"),
                ui::UNICODE,
                TimeZone::UTC,
            ),
            theme: ThemeChoice::Asked,
            depth: Depth::True,
            themes: theme::built_in_names().map(str::to_owned).collect(),
            theme_dir: None,
            audit: Ok(Arc::new(audit)),
            scenarios: ScenarioSetup {
                user_dir: Some(folder.path().to_owned()),
                environment: BTreeMap::new(),
                variables: BTreeMap::new(),
                state: Ok(folder.path().to_owned()),
                access: Access::default(),
                is_read_only: false,
                locked: Vec::new(),
                realm: Realm::Real,
            },
            notices: Vec::new(),
            clock,
        };
        let shared = Shared {
            screen: Arc::new(Mutex::new(TestBackend::new(size.0, size.1))),
            drawn: Arc::new(Notify::new()),
            stalled: watch::Sender::new(false),
        };
        let (keys, input) = unbounded();
        let (end, ended) = oneshot::channel::<()>();
        let (backend, screen) = (shared.clone(), shared.clone());
        let running = tokio::spawn(async move {
            let mut terminal = Terminal::new(backend)?;
            let ended = async move {
                // Dropped or sent: either ends it.
                let _either = ended.await;
            };
            run_on(launch, &mut terminal, input, ended, &screen).await
        });
        Self { shared, keys, end: Some(end), running, folder }
    }

    pub(crate) fn send(&self, event: Event) {
        self.keys.unbounded_send(Ok(event)).expect("the console runs");
    }

    /// Types keys: characters, or names such as `enter`, `esc` and `ctrl-c` one at a time.
    pub(crate) fn press(&self, keys: &str) -> &Self {
        let key = |code| self.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        match keys {
            "enter" => key(KeyCode::Enter),
            "esc" => key(KeyCode::Esc),
            "tab" => key(KeyCode::Tab),
            "down" => key(KeyCode::Down),
            "up" => key(KeyCode::Up),
            "right" => key(KeyCode::Right),
            "ctrl-c" => self.send(Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL))),
            letters => letters.chars().for_each(|letter| key(KeyCode::Char(letter))),
        }
        self
    }

    /// Asks it to end, as a signal does.
    pub(crate) fn signal(&mut self) {
        self.end.take().expect("not ended yet").send(()).expect("the console listens");
    }

    /// What the audit log holds.
    pub(crate) fn audit(&self) -> audit::Record {
        audit::read(&self.folder.path().join(audit::FILE)).expect("it can be read")
    }

    pub(crate) fn text(&self) -> String {
        self.shared.with(|screen| screen.to_string())
    }

    /// Waits until the screen holds the words; fails with the screen after a minute of simulated time.
    pub(crate) async fn shows(&self, words: &str) -> &Self {
        self.until(words, |screen| screen.contains(words)).await
    }

    pub(crate) async fn shows_no_more(&self, words: &str) -> &Self {
        self.until(words, |screen| !screen.contains(words)).await
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> &Self {
        let seen = tokio::time::timeout(Duration::from_secs(60), async {
            while !holds(&self.text()) {
                self.shared.drawn.notified().await;
            }
        });
        assert!(seen.await.is_ok(), "waited in vain for {what:?}:\n{}", self.text());
        self
    }

    pub(crate) async fn ends(self) {
        tokio::time::timeout(Duration::from_secs(10), self.running)
            .await
            .expect("it ends in time")
            .expect("it does not panic")
            .expect("it ends well");
    }
}
