#pragma once

// What task threads need of the C library's heap. Records own strings, so a task makes and frees
// many small pieces, and blocks of them stay.
//
// glibc gives each thread a heap that grows by one page at a time, each with a system call that
// stops the other threads of the process, and hands freed memory back at once. Ten rounds of
// PageRank over 68,000 names made 9,000 such calls; with the unmapping of tables
// (common/rdd/pages.h) they took half of the job's time. So freed memory is kept, and a thread's
// heap is grown by megabytes between two tasks.

namespace heddle::executor {

/// Once per process, before task threads start: memory that is freed stays with the process, up to
/// some 64 MiB per thread.
void keep_freed_memory();

/// Makes room in the heap of the calling thread, in one step.
void widen_thread_heap();

}  // namespace heddle::executor
