//! Who asks: the document's origin and where it is embedded (WebAuthn Level 3 §5.1.3, `sameOriginWithAncestors`).

use crate::Origin;

/// The calling document. The browser names it, never the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    origin: Origin,
    top_origin: Option<Origin>,
}

impl Caller {
    /// A document that is on top, or whose ancestors all have its origin; also a program that speaks for a site.
    #[must_use]
    pub const fn same_origin(origin: Origin) -> Self {
        Self { origin, top_origin: None }
    }

    /// A document with an ancestor of another origin, under a page of `top_origin`. The two may be the same, with a
    /// stranger in between.
    #[must_use]
    pub const fn cross_origin(origin: Origin, top_origin: Origin) -> Self {
        Self { origin, top_origin: Some(top_origin) }
    }

    /// The document's origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The origin of the page on top, if a stranger embeds the document.
    #[must_use]
    pub const fn top_origin(&self) -> Option<&Origin> {
        self.top_origin.as_ref()
    }

    /// Whether a stranger embeds the document.
    #[must_use]
    pub const fn is_cross_origin(&self) -> bool {
        self.top_origin.is_some()
    }
}
