import Bytes
import Foundation
import Terminal
import Testing

@testable import manual

@Suite struct ManualTests {
  /// What the argument parser says of a program with a nested command, a flag with an inverse, and a trap for mdoc.
  static let dump = #"""
    {"command": {"commandName": "probe", "shouldDisplay": true, "arguments": [
      {"kind": "flag", "names": [{"kind": "long", "name": "version"}], "shouldDisplay": true, "isOptional": true,
       "abstract": "Show the version."}
     ], "subcommands": [
      {"commandName": "run", "shouldDisplay": true, "abstract": "Runs", "subcommands": [
       {"commandName": "fast", "shouldDisplay": true, "abstract": "Runs fast",
        "discussion": "One. Two.\n\n    probe run -n\n\n.hidden files are no macros.",
        "arguments": [
         {"kind": "option", "names": [{"kind": "short", "name": "k"}, {"kind": "long", "name": "top-k"}],
          "valueName": "No", "defaultValue": "20", "shouldDisplay": true, "isOptional": true, "abstract": "Ranks"},
         {"kind": "flag", "names": [{"kind": "long", "name": "once"}], "shouldDisplay": true, "isOptional": true,
          "abstract": "Stop after one."},
         {"kind": "flag", "names": [{"kind": "long", "name": "no-once"}], "shouldDisplay": true,
          "isOptional": true, "abstract": "Stop after one."},
         {"kind": "flag", "names": [{"kind": "long", "name": "secret"}], "shouldDisplay": false,
          "isOptional": true},
         {"kind": "flag", "names": [{"kind": "long", "name": "version"}], "shouldDisplay": true,
          "isOptional": true},
         {"kind": "positional", "valueName": "path", "shouldDisplay": true, "isOptional": false,
          "isRepeating": true, "abstract": "What to run"}
        ]}]},
      {"commandName": "help", "shouldDisplay": true}
     ]}}
    """#

  static let page = #"""
    .Dd November 21, 2026
    .Dt PROBE 1
    .Os
    .Sh NAME
    .Nm probe
    .Nd nothing
    .Sh SYNOPSIS
    .\" BEGIN SYNOPSIS
    left over
    .\" END
    .Sh DESCRIPTION
    Nothing.
    .\" BEGIN OPTIONS
    .\" END
    .Sh SUBCOMMANDS
    .\" BEGIN COMMANDS
    .\" END

    """#

  func filled() throws -> String {
    let tree = try Array(Self.dump.utf8).withUnsafeBytes { try CommandTree(parsing: $0) }
    return try Page(Self.page, path: "probe.1").filled(for: tree).text
  }

  @Test func thePartsAreFilledIn() throws {
    #expect(
      try filled() == #"""
        .Dd November 21, 2026
        .Dt PROBE 1
        .Os
        .Sh NAME
        .Nm probe
        .Nd nothing
        .Sh SYNOPSIS
        .\" BEGIN SYNOPSIS
        .Nm Cm run fast
        .Op Ar options
        .Ar path ...
        .\" END
        .Sh DESCRIPTION
        Nothing.
        .\" BEGIN OPTIONS
        .Bl -tag -width indent
        .It Fl \-version
        Show the version.
        .El
        .\" END
        .Sh SUBCOMMANDS
        .\" BEGIN COMMANDS
        .Ss run fast
        .Nm Cm run fast
        .Op Fl \-top\-k Ar \&No
        .Op Fl \-once
        .Op Fl \-no\-once
        .Ar path ...
        .Pp
        Runs fast.
        .Pp
        One.
        Two.
        .Bd -literal -offset indent
        probe run -n
        .Ed
        .Pp
        \&.hidden files are no macros.
        .Bl -tag -width indent
        .It Fl k , Fl \-top\-k Ar \&No
        Ranks.
        The default is 20.
        .It Fl \-once
        .It Fl \-no\-once
        Stop after one.
        .It Ar path
        What to run.
        .El
        .\" END

        """#)
  }

  @Test func fillingTwiceChangesNothing() throws {
    let tree = try Array(Self.dump.utf8).withUnsafeBytes { try CommandTree(parsing: $0) }
    let once = try filled()
    #expect(try Page(once, path: "probe.1").filled(for: tree).text == once)
  }

  @Test func aMissingMarkerIsNamed() throws {
    let tree = try Array(Self.dump.utf8).withUnsafeBytes { try CommandTree(parsing: $0) }
    #expect {
      try Page(".Sh SYNOPSIS\n", path: "probe.1").filled(for: tree)
    } throws: {
      "\($0)" == "probe.1: there is no part SYNOPSIS to fill in"
    }
  }
}
