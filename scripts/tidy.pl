#!/usr/bin/perl
# Runs clang-tidy over the files named on standard input, two at a time, and skips those whose preprocessed text, flags
# and checks are the same as when they were last found clean. Called by scripts/lint with compile_commands.json.
use strict;
use warnings;
use Cwd qw(getcwd);
use Digest::SHA qw(sha256_hex);
use JSON::PP qw(decode_json);

my ($commands_file) = @ARGV;
my $tidy = $ENV{CLANG_TIDY} // 'clang-tidy';
my $root = getcwd();
my $jobs = 2;
# How many states the analyzer looks at in one function. It visits what it has not seen first: after 50,000 it has been in
# every block that its own limit of 225,000 reaches, and goes on through other orders of the same loops, which took
# three quarters of the time. LINT_STATES=225000 scripts/lint tidy looks at those as well.
my $states = $ENV{LINT_STATES} // 50000;
die "tidy: LINT_STATES=$states is no number\n" unless $states =~ /^[0-9]+\z/;
my $analyzer = join(' ', map { "--extra-arg=$_" } '-Xclang', '-analyzer-config', '-Xclang', "max-nodes=$states");

sub slurp {
    my ($name) = @_;
    open(my $in, '<', $name) or die "tidy: $name: $!\n";
    local $/;
    return scalar <$in>;
}

my %command;    # path from the root -> { directory, command }
for my $entry (@{ decode_json(slurp($commands_file)) }) {
    my $file = $entry->{file};
    $file = "$entry->{directory}/$file" unless $file =~ m{^/};
    $command{ substr($file, length($root) + 1) } //= $entry if index($file, "$root/") == 0;
}
# Tests are compiled with the same warnings and checks; the analyzer, which is most of the time, looks at what ships.
sub checks_of {
    my ($file) = @_;
    return $file =~ m{^tests/} && !$ENV{LINT_STATES} ? "--checks='-clang-analyzer-*'" : '';
}
my $salt = slurp('.clang-tidy') . $states . `$tidy --version`;

# The text that the compiler sees, with comments, because a comment may switch a check off.
sub stamp_of {
    my ($file, $entry) = @_;
    my $preprocess = $entry->{command};
    $preprocess =~ s/^\S*ccache\s+//;
    $preprocess =~ s/\s-o\s+\S+//;
    $preprocess =~ s/\s-c\s/ -E -CC /;
    my $text = `cd '$entry->{directory}' && $preprocess 2>/dev/null`;
    return if $? != 0;
    return '.cache/tidy/' . sha256_hex($salt . checks_of($file) . $entry->{command} . $text);
}

sub check {
    my ($file, $entry) = @_;
    my $stamp = stamp_of($file, $entry);
    return 0 if defined $stamp && -e $stamp;
    my $output = `$tidy -p '$commands_file' --quiet --extra-arg=-Wno-error --extra-arg=-Wno-unknown-warning-option $analyzer @{[checks_of($file)]} '$file' 2>&1`;
    my $status = $?;
    $output =~ s/^\d+ warnings? (and \d+ errors? )?(generated|treated as errors?)\.?\n//mg;
    $output =~ s/^Suppressed .*\n//mg;
    $output =~ s/^Use -header-filter.*\n//mg;
    if ($status != 0) {
        $output =~ s{\Q$root\E/}{}g;
        print $output;
        return 1;
    }
    if (defined $stamp && open(my $out, '>', $stamp)) {
        print $out "$file\n";
        close $out;
    }
    return 0;
}

my (@todo, @unknown);
while (my $file = <STDIN>) {
    chomp $file;
    if ($command{$file}) { push @todo, $file; }
    else                 { push @unknown, $file; }
}

# The children take the next file from one pipe, the largest first, so that they end together; their output is short
# unless something is wrong.
@todo = sort { -s $b <=> -s $a } @todo;
$| = 1;
pipe(my $next, my $files) or die "tidy: pipe: $!\n";
my @children;
for my $k (1 .. $jobs) {
    my $pid = fork() // die "tidy: fork: $!\n";
    if ($pid == 0) {
        my $bad = 0;
        close $files;
        while ((sysread($next, my $number, 8) // 0) == 8) {
            my $file = $todo[$number];
            $bad += check($file, $command{$file});
        }
        exit($bad > 100 ? 100 : $bad);
    }
    push @children, $pid;
}
close $next;
local $SIG{PIPE} = 'IGNORE';
syswrite($files, sprintf('%08d', $_)) for 0 .. $#todo;
close $files;
my $bad = 0;
for my $pid (@children) {
    waitpid($pid, 0);
    $bad += $? >> 8;
}
printf "tidy: %d files, %d with findings, %d not part of this build\n", scalar @todo, $bad, scalar @unknown;
exit($bad ? 1 : 0);
