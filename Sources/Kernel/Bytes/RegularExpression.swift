import Glibc

/// A POSIX extended regular expression, by the C library; works on bytes in the C locale.
package final class RegularExpression: @unchecked Sendable {
  // Sendable holds because matching does not change the compiled expression (POSIX makes regexec thread-safe).
  private let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
  private let isValid: Bool

  /// - Throws: ``KernelError`` `.usage` with the C library's reason.
  package init(_ pattern: String) throws {
    compiled.initialize(to: regex_t())
    let status = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB)
    isValid = status == 0
    guard isValid else {
      var reason = [CChar](repeating: 0, count: 128)
      regerror(status, compiled, &reason, reason.count)
      let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw KernelError(.usage, "", "the regular expression \"\(pattern)\" is not valid: \(text)")
    }
  }

  deinit {
    if isValid { regfree(compiled) }
    compiled.deallocate()
  }

  /// Whether some part of `bytes` matches.
  package func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var nothing: CChar = 0
    return withUnsafePointer(to: &nothing) { spare in
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? spare
      // With REG_STARTEND (a macro that Swift does not import: 1 << 2) the range bounds the text instead of a NUL.
      var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: bytes.count))
      return regexec(compiled, start, 0, &range, 1 << 2) == 0
    }
  }
}
