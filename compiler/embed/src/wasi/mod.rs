//! The functions of WASI preview 1, for each instance on its own.
