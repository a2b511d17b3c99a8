//! Watches everything that opens and shuts the gate for input: whether the window is shown and has the focus, was moved or
//! resized.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use fob_ambient::{Clock, Millis, SystemClock};
use fob_asking::Gate;
use gdk4_wayland::WaylandToplevel;
use gdk4_x11::X11Surface;
use gtk4::glib::{self, Propagation, SourceId};
use gtk4::prelude::*;
use gtk4::{EventControllerKey, PropagationPhase, Window, gdk};

use crate::parent::Parent;
use crate::x11::Watched;

/// The gate of a window.
pub(crate) struct Guard {
    gate: RefCell<Gate>,
    clock: SystemClock,
    /// Wakes when the gate opens, if nothing happens before.
    opening: RefCell<Option<SourceId>>,
    size: Cell<(i32, i32)>,
    changed: Box<dyn Fn()>,
}

impl Guard {
    /// Guards `window`; `changed` is called whenever the gate may have opened or shut.
    pub(crate) fn watch(window: &Window, parent: Option<Parent>, changed: impl Fn() + 'static) -> Rc<Self> {
        let guard = Rc::new(Self {
            gate: RefCell::default(),
            clock: SystemClock::default(),
            opening: RefCell::default(),
            size: Cell::default(),
            changed: Box::new(changed),
        });
        let this = Rc::clone(&guard);
        window.connect_is_active_notify(move |window| this.happened(|gate, now| gate.focus(window.is_active(), now)));
        let this = Rc::clone(&guard);
        window.connect_unmap(move |_| this.happened(|gate, now| gate.show(false, now)));
        let this = Rc::clone(&guard);
        window.connect_map(move |window| {
            this.follow(window, parent.as_ref());
            this.happened(|gate, now| gate.show(true, now));
        });
        guard.watch_keys(window);
        guard
    }

    /// Whether input counts now.
    pub(crate) fn is_open(&self) -> bool {
        self.gate.borrow().is_open(self.clock.monotonic())
    }

    /// Whether it opens by itself if nothing happens.
    pub(crate) fn opens(&self) -> bool {
        self.gate.borrow().opens_at().is_some()
    }

    fn happened(self: &Rc<Self>, happening: impl FnOnce(&mut Gate, Millis)) {
        let now = self.clock.monotonic();
        happening(&mut self.gate.borrow_mut(), now);
        if let Some(old) = self.opening.take() {
            old.remove();
        }
        let opens_at = self.gate.borrow().opens_at();
        if let Some(left) = opens_at.map(|at| at.since(now)).filter(|left| left.0 > 0) {
            let this = Rc::clone(self);
            let source = glib::timeout_add_local_once(left.duration() + Duration::from_millis(1), move || {
                this.opening.take();
                (this.changed)();
            });
            self.opening.replace(Some(source));
        }
        (self.changed)();
    }

    /// A key that goes down before its time reaches no widget, and starts the half second again.
    fn watch_keys(self: &Rc<Self>, window: &Window) {
        let keys = EventControllerKey::new();
        keys.set_propagation_phase(PropagationPhase::Capture);
        let this = Rc::clone(self);
        keys.connect_key_pressed(move |_, _, _, _| {
            if this.is_open() {
                return Propagation::Proceed;
            }
            this.happened(|gate, now| {
                gate.key(now);
            });
            Propagation::Stop
        });
        window.add_controller(keys);
    }

    /// Follows the surface behind the window from when it is there.
    fn follow(self: &Rc<Self>, window: &Window, parent: Option<&Parent>) {
        let Some(surface) = window.surface() else { return };
        let this = Rc::clone(self);
        surface.connect_layout(move |_, width, height| {
            if this.size.replace((width, height)) != (width, height) {
                this.happened(Gate::disturb);
            }
        });
        if let Some(Parent::Wayland(handle)) = parent
            && let Some(toplevel) = surface.downcast_ref::<WaylandToplevel>()
        {
            toplevel.set_transient_for_exported(handle);
        }
        self.follow_x11(&surface, parent);
    }

    fn follow_x11(self: &Rc<Self>, surface: &gdk::Surface, parent: Option<&Parent>) {
        let number = surface.downcast_ref::<X11Surface>().and_then(|surface| u32::try_from(surface.xid()).ok());
        // Without a second connection, focus and size still guard it.
        let Some(watched) = number.and_then(|number| Watched::new(number).ok()) else { return };
        if let Some(Parent::X11(parent)) = parent {
            let _ = watched.belongs_to(*parent);
        }
        let this = Rc::clone(self);
        watched.on_move(move || this.happened(Gate::disturb));
    }
}
