/// Copies a regular file, whole or not at all.
package func copyFile(_ source: String, to target: String, existing: AtomicFile.Existing) throws {
  let view = try MappedFile(source).view
  let file = try AtomicFile(target, existing: existing)
  try view.withUnsafeBytes { try file.write($0) }
  try file.commit()
}
