#!/usr/bin/perl
# Prints the manual page proximo-sim(1) from what the program's --help says.   sim-page.pl PROGRAM VERSION
use strict;
use warnings;

my ($program, $version) = @ARGV;
die "usage: sim-page.pl PROGRAM VERSION\n" unless defined $version;
open(my $in, '-|', $program, '--help') or die "sim-page: $program: $!\n";
my @lines = <$in>;
close $in or die "sim-page: $program --help failed\n";

sub troff {
    my ($text) = @_;
    $text =~ s/\\/\\e/g;
    $text =~ s/-/\\-/g;
    $text =~ s/^([.'])/\\&$1/;
    return $text;
}

print ".TH PROXIMO\\-SIM 1 \"\" \"proximo $version\" \"User Commands\"\n",
    ".SH NAME\nproximo\\-sim \\- simulated Proxmox VE cluster or Backup Server for tests and demonstrations\n",
    ".SH SYNOPSIS\n.B proximo\\-sim\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n";
for my $line (@lines) {
    chomp $line;
    next if $line =~ /^Usage:/;
    if ($line =~ /^  (--\S.*?)(?: {2,}| (?=[a-z]+ and [a-z]+ \())(\S.*)$/) {
        my ($option, $help) = ($1, $2);
        print ".TP\n.B ", troff($option), "\n", troff($help), "\n";
    } elsif ($line =~ /^\s*$/) {
        print ".SH OPTIONS\n";
    } else {
        $line =~ s/^ +//;
        print troff($line), "\n";
    }
}
print ".SH SEE ALSO\n.BR proximo (1)\n";
