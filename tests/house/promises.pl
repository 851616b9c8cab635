#!/usr/bin/perl
# Every promise of promises.txt must be named by a test: a comment `design N: "first words ..."`, or
# `docs/a2a: "first words ..."`, in a source below tests/; those of docs/a2a.md must stand there as well.
#   promises.pl ROOT [--list]       --list: print which files name which promise
# Words are compared without case, quotes, backticks, asterisks and line ends; the first four must be equal, and all that
# both have.
use strict;
use warnings;
use File::Find qw(find);

my ($root, $list) = @ARGV;
chdir($root) or die "promises.pl: $root: $!\n";

sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', $name) or die "promises.pl: $name: $!\n";
    local $/;
    return scalar(<$in>) // '';
}
sub words {
    my ($text) = @_;
    $text =~ s/\\"/"/g;
    $text =~ s/[*`"'\x{2026}]|->|\.\.\.//g;
    $text =~ s/[^a-z0-9_\/]+/ /gi;
    return grep { length } split(/ /, lc $text);
}
sub named {
    my ($promise, $tag) = @_;
    my $most = @$promise < @$tag ? @$promise : @$tag;
    return 0 if $most < (@$promise < 4 ? scalar @$promise : 4);
    for my $i (0 .. $most - 1) {
        return 0 if $promise->[$i] ne $tag->[$i];
    }
    return 1;
}

my @tags;
find({ no_chdir => 1, wanted => sub {
    return unless -f && /\.(c|h|sh|mjs|pl|cmake|txt)$/ && !m{/(promises|node_modules)};
    my $text = slurp($_);
    $text =~ s/\n\s*(?:\*|\/\/|#)?\s*/ /g;
    push @tags, [ $1, [ words($2) ], $_ ] while $text =~ /(?:design\s+|docs\/)([23]|a2a):\s*"((?:[^"\\]|\\.)*)/g;
} }, 'tests');

my $page = join(' ', words(slurp('docs/a2a.md')));
my ($missing, $count) = (0, 0);
for my $line (split /\n/, slurp('tests/house/promises.txt')) {
    next if $line =~ /^\s*(#|$)/;
    my ($section, $text) = $line =~ /^([23]|a2a) (.+)$/ or die "promises.pl: not a promise: $line\n";
    my @promise = words($text);
    my %files = map { $_->[2] => 1 } grep { $_->[0] eq $section && named(\@promise, $_->[1]) } @tags;
    $count++;
    if ($section eq 'a2a' && index(" $page ", ' ' . join(' ', @promise) . ' ') < 0) {
        print "tests/house/promises.txt: docs/a2a.md does not say: $text\n";
        $missing++;
    }
    print "$section \"$text\": ", join(' ', sort keys %files), "\n" if $list && %files;
    next if %files;
    print "tests/house/promises.txt: no test names: $section \"$text\"\n";
    $missing++;
}
print "$count promises, $missing without a test\n";
exit($missing ? 1 : 0);
