#!/usr/bin/perl
# Every header stands alone: a C file that includes it twice and nothing else compiles.
#   headers.pl ROOT CC [FLAGS...]
use strict;
use warnings;

my ($root, @compile) = @ARGV;
chdir($root) or die "headers.pl: $root: $!\n";
my @headers = map { s{^\./}{}r } split /\n/, `find core sim faces -name '*.h' 2>/dev/null | sort`;
my $bad = 0;
for my $header (@headers) {
    my @include = $header =~ m{^(core|faces)/} ? ('-Icore', '-Icore/include') : ($header =~ m{^([^/]+)/} ? "-I$1" : ());
    my $command = join ' ', map { "'$_'" } @compile, '-std=c17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror',
        '-fsyntax-only', @include, '-I.', '-x', 'c', '-';
    open(my $cc, '|-', "$command 2>&1") or die "headers.pl: $compile[0]: $!\n";
    print $cc "#include \"$header\"\n#include \"$header\"\nint stands_alone;\n";
    if (!close $cc) {
        print "$header: does not compile alone\n";
        $bad++;
    }
}
printf "headers: %d, %d with findings\n", scalar @headers, $bad;
exit($bad || !@headers ? 1 : 0);
