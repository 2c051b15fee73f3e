//! Every operation asked of the sandbox: with what it takes, and with each kind of what it does not.
//!
//! All of it is made from the document. [`input`] makes valid arguments, [`stage`] the objects and
//! states that they presume, [`slip`] each kind of invalid ones, with the code that must answer it.
//! [`oracle`] says whether a response is one that the document allows, [`rules`] what holds of the world
//! whatever was asked; [`fuzz`] asks at random, and [`lists`] reads all lists.

pub mod fuzz;
pub mod input;
pub mod lists;
pub mod oracle;
pub mod rules;
pub mod slip;
pub mod stage;
