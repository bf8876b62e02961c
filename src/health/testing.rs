//! Pictures built by hand for the tests of the findings.
