// /host/hostctl on arm64: runs lib/hostctl beside it with the loader and libraries of lib/. Position-independent, no memory
// but the stack, no library. Assembled into the .hex file beside this one; a test compares the two.
//   x19 argc   x20 argv   x21 environment   x22 x23 x24 the paths of loader, libraries and program   x25 bytes of the directory
        .equ  path_bytes_max, 4096              // PATH_MAX
        .equ  room, 4096 + 64                   // and what is put behind it
_start:
        ldr   x19, [sp]
        add   x20, sp, #8
        cbz   x19, no_program                   // before Linux 5.18 a caller may leave out even the name
        // What the loader and Bun would take from the environment is dropped: it was meant for the container's own programs.
        add   x21, x20, x19, lsl #3
        add   x21, x21, #8
        mov   x0, x21
        mov   x1, x21
        movz  w5, #0x5542                       // "BUN_"
        movk  w5, #0x5f4e, lsl #16
        movz  w6, #0x444c                       // "LD_"
        movk  w6, #0x005f, lsl #16
next_variable:
        ldr   x2, [x0], #8
        cbz   x2, end_of_environment
        ldr   w3, [x2]
        cmp   w3, w5
        b.eq  next_variable
        and   w3, w3, #0xffffff
        cmp   w3, w6
        b.eq  next_variable
        str   x2, [x1], #8
        b     next_variable
end_of_environment:
        str   xzr, [x1]
        // Where this file is: the directory may be bound anywhere.
        sub   sp, sp, #(3 * room) & 0xfff
        sub   sp, sp, #(3 * room) >> 12, lsl #12
        mov   x22, sp
        mov   x9, #room
        add   x23, x22, x9
        add   x24, x23, x9
        mov   x0, #-100                         // AT_FDCWD
        adr   x1, self
        mov   x2, x22
        mov   x3, #path_bytes_max
        mov   x8, #78                           // readlinkat
        svc   #0
        cmp   x0, #0
        b.le  no_proc
        cmp   x0, #path_bytes_max >> 12, lsl #12
        b.hs  no_program
cut_name:
        sub   x0, x0, #1
        ldrb  w1, [x22, x0]
        cmp   w1, #'/'
        b.ne  cut_name
        add   x25, x0, #1
        mov   x0, x23
        adr   x1, libraries
        bl    join
        mov   x0, x24
        adr   x1, program
        bl    join
        mov   x0, x22
        adr   x1, loader
        bl    join
        // loader --library-path libraries program arguments…
        add   x0, x19, #7                       // room for the four and the NULL, rounded up to 16 bytes
        and   x0, x0, #~1
        sub   x1, sp, x0, lsl #3
        mov   sp, x1
        adr   x3, option
        stp   x22, x3, [x1]
        stp   x23, x24, [x1, #16]
        add   x2, x1, #32
        add   x3, x20, #8
next_argument:
        ldr   x4, [x3], #8
        str   x4, [x2], #8
        cbnz  x4, next_argument
        mov   x0, x22
        mov   x2, x21
        mov   x8, #221                          // execve
        svc   #0
no_program:
        adr   x1, program_text
        mov   x2, #proc_text - program_text
        b     fail
no_proc:
        adr   x1, proc_text
        mov   x2, #end - proc_text
fail:
        mov   x0, #1
        mov   x8, #64                           // write
        svc   #0
        mov   x0, #1
        mov   x8, #93                           // exit
        svc   #0

// Puts the directory (x25 bytes at x22) and the text at x1 to x0.
join:
        mov   x2, #0
copy_directory:
        ldrb  w3, [x22, x2]
        strb  w3, [x0, x2]
        add   x2, x2, #1
        cmp   x2, x25
        b.ne  copy_directory
        add   x0, x0, x25
copy:
        ldrb  w3, [x1], #1
        strb  w3, [x0], #1
        cbnz  w3, copy
        ret

self:           .asciz "/proc/self/exe"
option:         .asciz "--library-path"
libraries:      .asciz "lib"
program:        .asciz "lib/hostctl"
loader:         .asciz "lib/ld-linux-aarch64.so.1"
program_text:   .ascii "Cannot run hostctl: what it needs is not in lib/ beside it, or may not be run there; restart the container\n"
proc_text:      .ascii "Cannot run hostctl: /proc is not there; mount it\n"
end:
