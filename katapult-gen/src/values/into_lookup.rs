//! The arguments that name an object.

/// A value that names an object of the API: the lookup `L`, or anything that converts to it.
///
/// The trait is that of the required arguments of operations. It is implemented for all types that convert by
/// [`Into`], and exists for the message of the compiler about those that do not. A type of your own implements
/// `From<YourType> for L`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{L}`, and does not convert to one",
    label = "expected a `{L}`",
    note = "name the object by one of the keys of `{L}`, such as `{L}::id(…)`",
    note = "text is read by `text.parse::<{L}>()?`; an object of a response converts by `(&object).try_into()?`, which fails if the response left out its id"
)]
pub trait IntoLookup<L>: Into<L> {
    /// Returns the lookup.
    fn into_lookup(self) -> L;
}

// Otherwise the message would be about `From`, which is not implemented by a user of the crate.
#[diagnostic::do_not_recommend]
impl<T: Into<L>, L> IntoLookup<L> for T {
    fn into_lookup(self) -> L {
        self.into()
    }
}
