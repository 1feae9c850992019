import Bytes
import CKernel
import CProtobufC

/// Names inside the messages that collections keep encoded: loops, conditionals, queue runners and other savers.
extension NameEdit {
  /// `bytes` with new names, when `collection` is one whose messages are known; else as they are.
  ///
  /// TensorFlow also prefixes strings of collections that it does not know as if they were names; that corrupts
  /// whatever else they are, so they are left alone here.
  ///
  /// - Throws: ``KernelError`` `.badData` when they are no such message.
  func message(_ bytes: [UInt8], in collection: String) throws -> [UInt8] {
    do {
      return try bytes.withUnsafeBytes { bytes in
        switch collection {
        case "while_context":
          try withUnpacked(bytes, ck__while_context_def__init) { message in
            loop(&message.pointee)
            return packed(message)
          }
        case "cond_context":
          try withUnpacked(bytes, ck__cond_context_def__init) { message in
            conditional(&message.pointee)
            return packed(message)
          }
        case "queue_runners":
          try withUnpacked(bytes, ck__queue_runner_def__init) { message in
            reference(&message.pointee.queue_name)
            references(message.pointee.enqueue_op_name, message.pointee.n_enqueue_op_name)
            reference(&message.pointee.close_op_name)
            reference(&message.pointee.cancel_op_name)
            return packed(message)
          }
        case "savers":
          try withUnpacked(bytes, ck__saver_def__init) { message in
            reference(&message.pointee.filename_tensor_name)
            reference(&message.pointee.save_tensor_name)
            reference(&message.pointee.restore_op_name)
            return packed(message)
          }
        default: [UInt8](bytes)
        }
      }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, "", "collection \(collection.printable): \(fault.problem)")
    }
  }

  private func loop(_ message: inout Ck__WhileContextDef) {
    scope(&message.context_name)
    reference(&message.pivot_name)
    reference(&message.pivot_for_pred_name)
    reference(&message.pivot_for_body_name)
    references(message.loop_exit_names, message.n_loop_exit_names)
    references(message.loop_enter_names, message.n_loop_enter_names)
    reference(&message.maximum_iterations_name)
    if let inner = message.values_def { values(&inner.pointee) }
    nested(messages(message.nested_contexts, message.n_nested_contexts))
  }

  private func conditional(_ message: inout Ck__CondContextDef) {
    scope(&message.context_name)
    reference(&message.pred_name)
    reference(&message.pivot_name)
    if let inner = message.values_def { values(&inner.pointee) }
    nested(messages(message.nested_contexts, message.n_nested_contexts))
  }

  private func values(_ message: inout Ck__ValuesDef) {
    references(message.values, message.n_values)
    for external in messages(message.external_values, message.n_external_values) {
      reference(&external.pointee.key)
      reference(&external.pointee.value)
    }
  }

  private func nested(_ contexts: [UnsafeMutablePointer<Ck__ControlFlowContextDef>]) {
    for context in contexts {
      switch context.pointee.ctxt_case {
      case CK__CONTROL_FLOW_CONTEXT_DEF__CTXT_COND_CTXT:
        if let inner = context.pointee.cond_ctxt { conditional(&inner.pointee) }
      case CK__CONTROL_FLOW_CONTEXT_DEF__CTXT_WHILE_CTXT:
        if let inner = context.pointee.while_ctxt { loop(&inner.pointee) }
      default: break
      }
    }
  }
}
