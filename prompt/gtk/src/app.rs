//! Joins the parts: what happens in the window, on the line and in time goes to the dialogue, and what it decides is done.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use fob_asking::{Choice, Question, Words};
use gtk4::glib::{self, ControlFlow, IOCondition, MainLoop, Propagation};
use gtk4::prelude::*;
use gtk4::{EventControllerKey, PropagationPhase, gdk};

use crate::dialogue::{Dialogue, Stage, Step};
use crate::guard::Guard;
use crate::line::Line;
use crate::parent::Parent;
use crate::window::{Face, Hint};

/// Everything, for as long as the window is there.
struct App {
    face: Face,
    dialogue: RefCell<Dialogue>,
    guard: RefCell<Option<Rc<Guard>>>,
    line: RefCell<Line>,
    main_loop: MainLoop,
    /// Whether Enter is held down: what its repetition does is not meant.
    held: Cell<bool>,
}

/// Shows the question until it is answered or withdrawn.
pub(crate) fn run(question: &Question, line: Line) {
    let main_loop = MainLoop::new(None, false);
    let words = Words::of(question);
    let app = Rc::new(App {
        face: Face::new(&words),
        dialogue: RefCell::new(Dialogue::of(&words)),
        guard: RefCell::default(),
        line: RefCell::new(line),
        main_loop: main_loop.clone(),
        held: Cell::default(),
    });
    app.listen();
    app.count_down(question.waits);
    app.guard(Parent::of(&question.parent_window));
    app.face.present();
    main_loop.run();
}

impl App {
    /// Listens to the person and to fobd.
    fn listen(self: &Rc<Self>) {
        let app = Rc::clone(self);
        self.face.on_agree(move |choice| app.agree(choice));
        let app = Rc::clone(self);
        self.face.on_enter(move || app.enter());
        let app = Rc::clone(self);
        self.face.on_refuse(move || app.refuse());
        let app = Rc::clone(self);
        // Closing the window takes nothing but the question away, so it counts at once.
        self.face.window().connect_close_request(move |_| {
            let step = app.dialogue.borrow_mut().refuse();
            app.perform(step);
            Propagation::Stop
        });
        self.listen_to_keys();
        let app = Rc::clone(self);
        let socket = self.line.borrow().descriptor();
        glib_unix::unix_fd_add_local(socket, IOCondition::IN | IOCondition::HUP, move |_, _| app.hear());
    }

    /// Escape is no. Enter and space that are held down press nothing again and again.
    fn listen_to_keys(self: &Rc<Self>) {
        let keys = EventControllerKey::new();
        keys.set_propagation_phase(PropagationPhase::Capture);
        let app = Rc::clone(self);
        keys.connect_key_pressed(move |_, key, _, _| match key {
            gdk::Key::Escape => {
                app.refuse();
                Propagation::Stop
            }
            key if presses(key) && app.held.replace(true) => Propagation::Stop,
            _ => Propagation::Proceed,
        });
        let app = Rc::clone(self);
        keys.connect_key_released(move |_, key, _, _| {
            if presses(key) {
                app.held.set(false);
            }
        });
        self.face.window().add_controller(keys);
    }

    /// Keeps input out until the gate is open.
    fn guard(self: &Rc<Self>, parent: Option<Parent>) {
        let app = Rc::clone(self);
        let guard = Guard::watch(self.face.window(), parent, move || app.refresh());
        self.guard.replace(Some(guard));
        self.refresh();
    }

    /// Shows how long is left, once a second: this process lives for the question only.
    fn count_down(&self, waits: u64) {
        let end = Instant::now() + Duration::from_secs(waits.min(u64::from(u32::MAX)));
        let deadline = self.face.deadline().clone();
        let show = move || {
            let left = end.saturating_duration_since(Instant::now());
            deadline.set_text(&Words::deadline(left.as_secs() + u64::from(left.subsec_nanos() > 0)));
        };
        show();
        glib::timeout_add_seconds_local(1, move || {
            show();
            ControlFlow::Continue
        });
    }

    fn is_open(&self) -> bool {
        self.guard.borrow().as_ref().is_some_and(|guard| guard.is_open())
    }

    fn refresh(&self) {
        let opens = self.guard.borrow().as_ref().is_some_and(|guard| guard.opens());
        let hint = match self.dialogue.borrow().stage() {
            Stage::Asking if self.is_open() => Hint::Counts,
            Stage::Asking if opens => Hint::Settling,
            Stage::Asking => Hint::Elsewhere,
            Stage::Checking | Stage::Over => Hint::Checking,
        };
        self.face.set_open(hint == Hint::Counts, hint);
    }

    fn agree(&self, choice: Option<Choice>) {
        if self.is_open() {
            let typed = self.face.typed();
            let step = self.dialogue.borrow_mut().agree(choice, typed.expose());
            self.perform(step);
        }
    }

    fn enter(&self) {
        if self.is_open() {
            let typed = self.face.typed();
            let step = self.dialogue.borrow_mut().enter(typed.expose());
            self.perform(step);
        }
    }

    fn refuse(&self) {
        if self.is_open() || self.dialogue.borrow().stage() == Stage::Checking {
            let step = self.dialogue.borrow_mut().refuse();
            self.perform(step);
        }
    }

    /// fobd said something, or is gone.
    fn hear(&self) -> ControlFlow {
        let heard = self.line.borrow_mut().verdict();
        let step = match heard {
            Ok(None) => return ControlFlow::Continue,
            Ok(Some(verdict)) => self.dialogue.borrow_mut().judged(verdict),
            Err(_) => self.dialogue.borrow_mut().withdrawn(),
        };
        self.perform(step);
        if self.dialogue.borrow().stage() == Stage::Over { ControlFlow::Break } else { ControlFlow::Continue }
    }

    fn perform(&self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Say(answer) => {
                // Where nobody listens any more there is nothing left to say.
                let _ = self.line.borrow().say(answer);
                self.main_loop.quit();
            }
            Step::Tell(answer) => {
                // First, so that nothing counts any more once fobd has it.
                self.refresh();
                let line = self.line.borrow();
                if line.tell(&mut self.face.typed()).and_then(|()| line.say(answer)).is_err() {
                    self.main_loop.quit();
                }
            }
            Step::AskForSecret => self.face.focus_secret(),
            Step::AskForChoice => self.face.focus_answers(),
            Step::Again(words) => {
                self.face.show_wrong(&words);
                self.refresh();
            }
            Step::End => self.main_loop.quit(),
        }
    }
}

/// Whether this key presses a button.
fn presses(key: gdk::Key) -> bool {
    matches!(key, gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter | gdk::Key::space | gdk::Key::KP_Space)
}
