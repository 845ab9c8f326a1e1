# /host/hostctl on x86-64: runs lib/hostctl beside it with the loader and libraries of lib/. Position-independent, no memory
# but the stack, no library. Assembled into the .hex file beside this one; a test compares the two.
#   rbx argc   rbp argv   r12 environment   r13 r14 r15 the paths of loader, libraries and program
        .intel_syntax noprefix
        .equ  path_bytes_max, 4096              # PATH_MAX
        .equ  room, 4096 + 64                   # and what is put behind it
_start:
        mov   rbx, [rsp]
        lea   rbp, [rsp + 8]
        test  ebx, ebx                          # before Linux 5.18 a caller may leave out even the name
        jz    no_program
        # What the loader and Bun would take from the environment is dropped: it was meant for the container's own programs.
        lea   r12, [rbp + rbx*8 + 8]
        mov   rdi, r12
        mov   rsi, r12
next_variable:
        mov   rax, [rdi]
        add   rdi, 8
        test  rax, rax
        jz    end_of_environment
        mov   ecx, [rax]
        cmp   ecx, 0x5f4e5542                   # "BUN_"
        je    next_variable
        and   ecx, 0xffffff
        cmp   ecx, 0x5f444c                     # "LD_"
        je    next_variable
        mov   [rsi], rax
        add   rsi, 8
        jmp   next_variable
end_of_environment:
        mov   [rsi], rax
        # Where this file is: the directory may be bound anywhere.
        sub   rsp, 3 * room
        mov   r13, rsp
        lea   r14, [rsp + room]
        lea   r15, [rsp + 2 * room]
        lea   rdi, [rip + self]
        mov   rsi, r13
        mov   edx, path_bytes_max
        mov   eax, 89                           # readlink
        syscall
        test  rax, rax
        jle   no_proc
        cmp   eax, path_bytes_max
        jae   no_program
cut_name:
        dec   rax
        cmp   byte ptr [r13 + rax], '/'
        jne   cut_name
        lea   rdx, [rax + 1]                    # bytes of the directory, with its slash
        mov   rdi, r14
        lea   r8, [rip + libraries]
        call  join
        mov   rdi, r15
        lea   r8, [rip + program]
        call  join
        mov   rdi, r13
        lea   r8, [rip + loader]
        call  join
        # loader --library-path libraries program arguments…
        lea   rax, [rbx*8 + 40]
        sub   rsp, rax
        and   rsp, -16
        mov   [rsp], r13
        lea   rax, [rip + option]
        mov   [rsp + 8], rax
        mov   [rsp + 16], r14
        mov   [rsp + 24], r15
        lea   rdi, [rsp + 32]
        lea   rsi, [rbp + 8]
        mov   ecx, ebx                          # the arguments behind the name, and the NULL
        rep movsq
        mov   rdi, r13
        mov   rsi, rsp
        mov   rdx, r12
        mov   eax, 59                           # execve
        syscall
no_program:
        lea   rsi, [rip + program_text]
        mov   edx, proc_text - program_text
        jmp   fail
no_proc:
        lea   rsi, [rip + proc_text]
        mov   edx, end - proc_text
fail:
        mov   edi, 1
        mov   eax, 1                            # write
        syscall
        mov   edi, 1
        mov   eax, 60                           # exit
        syscall

# Puts the directory (rdx bytes at r13) and the text at r8 to rdi.
join:
        mov   rsi, r13
        mov   rcx, rdx
        rep movsb                               # onto itself where the loader's path is made
        mov   rsi, r8
copy:
        lodsb
        stosb
        test  al, al
        jnz   copy
        ret

self:           .asciz "/proc/self/exe"
option:         .asciz "--library-path"
libraries:      .asciz "lib"
program:        .asciz "lib/hostctl"
loader:         .asciz "lib/ld-linux-x86-64.so.2"
program_text:   .ascii "Cannot run hostctl: what it needs is not in lib/ beside it, or may not be run there; restart the container\n"
proc_text:      .ascii "Cannot run hostctl: /proc is not there; mount it\n"
end:
