#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Deterministic, realistic mentorship cohorts with a hidden truth.  See COHORT.md.

    python generate_cohort.py --mentees 1000 --mentors 320 --seed 7 --out DIR
    python generate_cohort.py --mentees 100000 --mentors 30000 --seed 7 --no-truth --out DIR
    python generate_cohort.py --mentees 1000 --mentors 320 --seed 7 --score-pairs pairs.csv --out DIR

Needs numpy, PyYAML and the taxonomy in matching/.
All randomness comes from PCG64 uniforms, so the files do not depend on numpy's version.
"""
import argparse, csv, hashlib, json, math, os, sys, time, unicodedata
from bisect import bisect_right
import numpy as np
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cohort_lexicon as L
import cohort_world as W

VERSION = 2
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
NU = 640          # uniforms prepared for one person
BLOCK = 1024      # people per random block


def load_taxonomy():
    """The taxonomy that the product ships, read as plain data: the generator imports nothing of the product."""
    with open(os.path.join(HERE, "..", "..", "matching", "profiles", "taxonomy.yaml"), encoding="utf-8") as f:
        return yaml.load(f, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


# ------------------------------------------------------------------------------------ small tools
class Pick:
    """Weighted choice from one uniform."""
    __slots__ = ("items", "cum", "tot")

    def __init__(self, pairs):
        pairs = [(k, w) for k, w in (pairs.items() if isinstance(pairs, dict) else pairs) if w > 0]
        self.items = [k for k, _ in pairs]
        c, t = [], 0.0
        for _, w in pairs:
            t += w
            c.append(t)
        self.cum, self.tot = c, t

    def __call__(self, u):
        i = bisect_right(self.cum, u * self.tot)
        return self.items[i if i < len(self.items) else -1]


def one(seq, u):
    return seq[int(u * len(seq))]


def gauss(u):
    """Roughly normal, from one uniform (logistic quantile, scaled): no libm special functions needed."""
    u = min(max(u, 1e-6), 1 - 1e-6)
    return 0.5513 * math.log(u / (1 - u))


def clip01(x):
    return 0.0 if x < 0 else 1.0 if x > 1 else x


def slug(s):
    s = unicodedata.normalize("NFKD", s.replace("ß", "ss").replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("đ", "d").replace("Đ", "D").replace("ı", "i").replace("Þ", "Th").replace("ð", "d"))
    s = "".join(c for c in s if ord(c) < 128).lower()
    out = "".join(c if c.isalnum() else ("." if c == " " else "") for c in s)
    return ".".join(p for p in out.split(".") if p)


# ------------------------------------------------------------------------------------ world tables
class World:
    def __init__(self, T):
        self.T = T
        self.spec = [s["id"] for s in T["specialties"]] + [s["id"] for s in T["subspecialties"]]
        self.si = {s: i for i, s in enumerate(self.spec)}
        self.rec = {s["id"]: s for s in T["specialties"] + T["subspecialties"]}
        self.prim = [s["id"] for s in T["specialties"]]
        self.parent = {s["id"]: s["parent"] for s in T["subspecialties"]}
        self.root = lambda s: self.parent.get(s, s)
        self.goal = [g["id"] for g in T["goals"]]
        self.gi = {g: i for i, g in enumerate(self.goal)}
        self.grec = {g["id"]: g for g in T["goals"]}
        self.place = np.array([bool(g.get("place_bound")) for g in T["goals"]])
        self.stage = [s["id"] for s in T["career_stages"]]
        self.sti = {s: i for i, s in enumerate(self.stage)}
        self.strec = {s["id"]: s for s in T["career_stages"]}
        n = len(self.spec)
        D = T["relatedness_defaults"]
        R = np.full((n, n), 0.0, np.float64)
        R[:len(self.prim), :len(self.prim)] = D["unrelated"]
        par = {s["id"]: (s["parent"], s.get("also_under", [])) for s in T["subspecialties"]}
        ids = list(par)
        for i, a in enumerate(ids):
            R[self.si[a], self.si[par[a][0]]] = D["parent_child"]
            for x in par[a][1]:
                R[self.si[a], self.si[x]] = D["also_under"]
            for b in ids[:i]:
                if par[a][0] == par[b][0]:
                    R[self.si[a], self.si[b]] = D["siblings"]
        for a, b, w in T["related"]:
            R[self.si[a], self.si[b]] = w
        R = np.maximum(R, R.T)
        np.fill_diagonal(R, 1.0)
        # one step through the strongest bridge, damped, so that distant cousins are not all zero
        via = np.zeros_like(R)
        for k in range(n):
            np.maximum(via, np.outer(R[:, k], R[k, :]), out=via)
        self.R0 = R
        self.R = np.maximum(R, 0.6 * via)
        np.fill_diagonal(self.R, 1.0)
        G = np.eye(len(self.goal))
        for a, b, w in T["related_goals"]:
            G[self.gi[a], self.gi[b]] = G[self.gi[b], self.gi[a]] = w
        self.G = G
        self.nb = {}
        for i, s in enumerate(self.spec):
            self.nb[s] = Pick([(self.spec[j], R[i, j]) for j in range(n) if j != i and R[i, j] >= 0.25] or [(s, 1.0)])
        self.kids = {}
        for p in self.prim:
            k = [(s["id"], 1.0) for s in T["subspecialties"] if s["parent"] == p] + [(s["id"], 0.3) for s in T["subspecialties"] if p in s.get("also_under", [])]
            self.kids[p] = Pick(k) if k else None
        self.emerging = [s["id"] for s in T["specialties"] + T["subspecialties"] if s.get("emerging")]
        hot = {"ai-in-medicine": 6, "telehealth": 3, "digital-therapeutics": 2, "precision-medicine": 3, "genomic-medicine": 2.5, "surgical-ar-simulation": 2, "lifestyle-medicine": 1.6, "obesity-medicine": 1.6, "aerospace-medicine": 1.4, "imaging-ai": 2, "health-startups": 2}
        self.emerge = Pick([(s, hot.get(s, 0.6)) for s in self.emerging + ["health-startups"]])
        self.axes = {s: [int(c) / 9 for c in L.FIELDS[self.root(s)][0]] for s in self.spec}
        # stage fit
        ns = len(self.stage)
        F = np.full((ns, ns), 0.15)
        for s in T["career_stages"]:
            for m, w in s["mentored_by"].items():
                F[self.sti[s["id"]], self.sti[m]] = w
        self.F = F
        order = np.array([s["order"] for s in T["career_stages"]], float)
        self.gap = np.clip((order[None, :] - order[:, None] - 4) / 42.0, 0, 1)
        self.forms = {s: self._forms(s) for s in self.spec}
        self.exlab = {e["id"]: e["label"] for e in T["experiences"]}
        for name, r in W.REGIONS.items():
            assert abs(r[4]) <= 14 * 60
        self.countries = sorted({r[2] for r in W.REGIONS.values()})
        self.ci = {c: i for i, c in enumerate(self.countries)}

    PERSON = ("ist", "ician", "doctor", "physician", "surgeon", "nurse", "orthopod", "anaesthetist", "midwife", "counsellor", "counselor", "worker", "paramedic", "practitioner", "associate", "assistant", "visitor", "informaticist", "examiner", "radiographer", "sonographer", "hospitalist", "tech", "educator", "professional", "PA")
    SKIP = {"PCP", "GP", "RN", "BSN", "PA-C", "PharmD", "MPharm", "RPh", "DDS", "DMD", "BDS", "AHP", "DPM", "OTR", "RRT", "RDN", "BCOP", "CCRN", "PsyD", "DClinPsy", "LCSW", "EMT", "CMO", "CNO", "CNIO", "FNP", "CNM", "RMN", "PMHNP", "FDA", "EMA", "MHRA", "DTM&H", "gas", "path", "MPH", "physician executive", "surgical co-management", "jail medicine", "country doctor", "braces", "hands", "joints"}

    def _forms(self, s):
        r = self.rec[s]
        low = lambda t: t[0].lower() + t[1:] if len(t) > 1 and t[1].islower() else t
        lab = [low(r["label"])]
        gb = [low(r.get("label_gb", r["label"]))]
        al = [a for a in r.get("aliases", []) if a not in self.SKIP and not a.endswith(self.PERSON)]
        us = [a for a in al if "aed" not in a and "aem" not in a and "anaes" not in a and "gynae" not in a]
        return {"US": (lab, us or lab), "GB": (gb, al or gb), "slang": L.SLANG.get(s, [])}


# goal weights by stage group (mentees' needs) and mentors' typical strengths
G_ENTRY = {"admissions-application": 9, "academic-foundation": 6, "interview-practice": 5, "cv-personal-statement": 5, "clinical-rotations": 5, "choosing-specialty": 3, "research-start": 4, "confidence-identity": 3, "personal-finance": 2, "networking-sponsorship": 2, "patient-communication": 1.5, "ai-literacy": 1.5, "dual-degrees": 1, "belonging-inclusion": 1.5, "work-life-integration": 1, "advocacy": 1, "public-global-health-work": 1, "disability-accommodations": 0.5, "parenting-in-training": 0.4, "setbacks-remediation": 1, "ethics-professionalism": 0.8}
G_PRE = {"academic-foundation": 5, "research-start": 7, "licensing-exams": 5, "choosing-specialty": 6, "clinical-skills": 2, "networking-sponsorship": 2, "confidence-identity": 3, "patient-communication": 2, "ai-literacy": 3, "publishing": 2, "simulation-training": 2, "telemedicine-practice": 0.8, "belonging-inclusion": 2, "burnout-wellbeing": 2, "work-life-integration": 2, "dual-degrees": 2, "advocacy": 1.5, "health-policy-engagement": 1.2, "public-global-health-work": 1.5, "personal-finance": 2, "img-pathway": 1, "genomic-literacy": 1, "presenting": 1, "lab-skills": 1.5, "data-statistics": 2, "disability-accommodations": 0.7, "setbacks-remediation": 1, "ethics-professionalism": 1, "entrepreneurship": 0.7, "digital-product-work": 0.7}
G_CLIN = {"residency-application": 9, "choosing-specialty": 5, "interview-practice": 5, "cv-personal-statement": 4, "clinical-rotations": 5, "licensing-exams": 5, "research-start": 2.5, "publishing": 3, "clinical-reasoning": 2.5, "clinical-skills": 3, "patient-communication": 2, "burnout-wellbeing": 2, "confidence-identity": 2, "img-pathway": 1.5, "visa-immigration": 0.7, "networking-sponsorship": 2, "ai-literacy": 2, "work-life-integration": 2, "simulation-training": 1.5, "setbacks-remediation": 1.5, "belonging-inclusion": 1.5, "parenting-in-training": 0.8, "disability-accommodations": 0.7, "personal-finance": 2, "presenting": 1, "rural-underserved-practice": 1, "public-global-health-work": 1, "data-statistics": 1}
G_IMG = {"img-pathway": 9, "licensing-exams": 7, "residency-application": 8, "visa-immigration": 5, "clinical-rotations": 4, "interview-practice": 4, "cv-personal-statement": 4, "setbacks-remediation": 4, "research-start": 3, "publishing": 3, "confidence-identity": 2, "networking-sponsorship": 2.5, "patient-communication": 1.5, "telemedicine-practice": 0.7, "moving-into-industry": 0.8, "choosing-specialty": 1.5}
G_TRAIN = {"fellowship-application": 6, "specialty-board-exams": 5, "publishing": 3, "research-start": 2, "clinical-skills": 4, "clinical-reasoning": 2, "burnout-wellbeing": 4, "work-life-integration": 4, "leadership": 2.5, "teaching": 2.5, "transition-to-practice": 2.5, "contracts-job-search": 2, "parenting-in-training": 2.2, "switching-specialty": 2, "quality-improvement": 2.5, "ai-literacy": 2.5, "telemedicine-practice": 1, "patient-communication": 2, "teamwork-conflict": 3, "personal-finance": 1.5, "moving-into-industry": 1.5, "grant-writing": 1, "licensing-exams": 1.5, "simulation-training": 1.5, "ethics-professionalism": 1, "disability-accommodations": 0.8, "visa-immigration": 1, "confidence-identity": 1.5, "digital-product-work": 0.8, "genomic-literacy": 0.6}
G_FELLOW = {"transition-to-practice": 5, "contracts-job-search": 5, "grant-writing": 4, "research-career-balance": 4, "publishing": 3, "leadership": 2, "specialty-board-exams": 3, "work-life-integration": 3, "parenting-in-training": 2, "teaching": 2, "ai-literacy": 2, "moving-into-industry": 2, "networking-sponsorship": 2, "visa-immigration": 1, "clinical-skills": 2, "presenting": 1}
G_RES = {"publishing": 5, "grant-writing": 5, "research-career-balance": 5, "data-statistics": 4, "lab-skills": 3, "presenting": 2.5, "moving-into-industry": 3.5, "networking-sponsorship": 2, "work-life-integration": 2, "leadership": 2, "teaching": 1.5, "entrepreneurship": 1.5, "confidence-identity": 2, "burnout-wellbeing": 1.5, "ai-literacy": 2, "genomic-literacy": 1.5, "parenting-in-training": 1}
G_HPS = {"academic-foundation": 3, "licensing-exams": 5, "clinical-skills": 5, "confidence-identity": 4, "patient-communication": 4, "transition-to-practice": 3, "networking-sponsorship": 2, "clinical-rotations": 4, "interview-practice": 2, "cv-personal-statement": 2.5, "personal-finance": 2, "burnout-wellbeing": 1.5, "choosing-specialty": 2, "belonging-inclusion": 1.5, "simulation-training": 2, "ai-literacy": 1}
G_HPP = {"leadership": 4, "transition-to-practice": 3, "teaching": 3, "burnout-wellbeing": 4, "work-life-integration": 4, "certification-cme": 4, "quality-improvement": 3, "teamwork-conflict": 3, "moving-into-industry": 2, "ai-literacy": 2, "telemedicine-practice": 2, "research-start": 1.5, "health-policy-engagement": 1, "advocacy": 2, "confidence-identity": 1.5, "parenting-in-training": 1, "dual-degrees": 1.5, "img-pathway": 1, "visa-immigration": 0.8}
G_PRAC = {"leadership": 5, "contracts-job-search": 2.5, "work-life-integration": 4, "burnout-wellbeing": 4, "telemedicine-practice": 3, "ai-literacy": 3, "moving-into-industry": 3, "entrepreneurship": 2, "quality-improvement": 2, "teaching": 3, "certification-cme": 3, "health-policy-engagement": 2, "advocacy": 2, "digital-product-work": 2, "genomic-literacy": 1.5, "parenting-in-training": 1, "late-career-planning": 1, "switching-specialty": 1, "networking-sponsorship": 1.5, "research-start": 1}
G_IND = {"entrepreneurship": 4, "digital-product-work": 4, "leadership": 3, "networking-sponsorship": 3, "ai-literacy": 3, "moving-into-industry": 3, "publishing": 1, "work-life-integration": 2}
G_PUB = {"health-policy-engagement": 5, "public-global-health-work": 5, "advocacy": 3, "data-statistics": 3, "publishing": 2, "leadership": 3, "networking-sponsorship": 1.5, "burnout-wellbeing": 1}
NEED = {}
for _st, _g in [("pre-health-student", G_ENTRY), ("career-changer", {**G_ENTRY, "career-change-into-health": 12, "personal-finance": 4}), ("post-baccalaureate", {**G_ENTRY, "setbacks-remediation": 4}), ("health-professions-student", G_HPS),
                ("medical-student-preclinical", G_PRE), ("medical-student-clinical", G_CLIN), ("graduate-research-student", {**G_RES, "research-start": 2}), ("physician-scientist-trainee", {**G_RES, "choosing-specialty": 2.5, "residency-application": 1.5}),
                ("medical-graduate-before-training", G_IMG), ("intern", {**G_TRAIN, "licensing-exams": 3, "residency-application": 2, "fellowship-application": 2}), ("resident", G_TRAIN), ("senior-resident", {**G_TRAIN, "transition-to-practice": 5, "contracts-job-search": 4}), ("fellow", G_FELLOW),
                ("early-career-health-professional", {**G_HPP, "transition-to-practice": 6, "confidence-identity": 4}), ("experienced-health-professional", G_HPP), ("senior-health-professional", {**G_HPP, "late-career-planning": 3, "leadership": 6}), ("postdoctoral-researcher", {**G_RES, "moving-into-industry": 5}),
                ("returning-clinician", {**G_PRAC, "returning-to-practice": 14, "confidence-identity": 5}), ("early-career-physician", {**G_PRAC, "transition-to-practice": 4}), ("mid-career-physician", G_PRAC), ("senior-physician", {**G_PRAC, "late-career-planning": 6}), ("early-career-investigator", {**G_RES, "grant-writing": 8, "leadership": 4}),
                ("industry-professional", G_IND), ("public-health-professional", G_PUB)]:
    NEED[_st] = _g
C_STU = {"admissions-application": 9, "academic-foundation": 7, "interview-practice": 5, "cv-personal-statement": 4, "licensing-exams": 4, "research-start": 3, "confidence-identity": 4, "clinical-rotations": 4, "personal-finance": 2, "setbacks-remediation": 2, "belonging-inclusion": 2, "work-life-integration": 2, "career-change-into-health": 2, "dual-degrees": 1, "choosing-specialty": 2}
C_TRA = {"residency-application": 8, "licensing-exams": 6, "clinical-rotations": 5, "interview-practice": 5, "cv-personal-statement": 5, "choosing-specialty": 5, "specialty-board-exams": 3, "clinical-skills": 4, "clinical-reasoning": 3, "burnout-wellbeing": 3, "work-life-integration": 3, "research-start": 3, "publishing": 2.5, "img-pathway": 3, "visa-immigration": 2, "parenting-in-training": 2, "fellowship-application": 4, "setbacks-remediation": 2, "simulation-training": 2, "ai-literacy": 2, "admissions-application": 3, "academic-foundation": 2, "confidence-identity": 3, "teamwork-conflict": 2, "switching-specialty": 1.5, "personal-finance": 1.5, "belonging-inclusion": 2, "disability-accommodations": 1, "teaching": 2, "quality-improvement": 2, "telemedicine-practice": 1, "presenting": 1.5}
C_PRA = {"choosing-specialty": 4, "fellowship-application": 4, "transition-to-practice": 5, "contracts-job-search": 4, "leadership": 4, "teaching": 4, "patient-communication": 4, "clinical-reasoning": 3, "clinical-skills": 3, "work-life-integration": 3.5, "ethics-professionalism": 2.5, "quality-improvement": 3, "certification-cme": 3, "burnout-wellbeing": 3, "interview-practice": 3, "networking-sponsorship": 3, "residency-application": 3, "cv-personal-statement": 2, "telemedicine-practice": 2.5, "ai-literacy": 2, "publishing": 2, "rural-underserved-practice": 1.5, "advocacy": 1.5, "personal-finance": 1.5, "parenting-in-training": 2, "returning-to-practice": 1.5, "switching-specialty": 1.5, "specialty-board-exams": 2, "belonging-inclusion": 2, "teamwork-conflict": 2.5, "genomic-literacy": 1.5, "disability-accommodations": 1, "simulation-training": 1.5, "img-pathway": 2, "visa-immigration": 1, "setbacks-remediation": 1, "confidence-identity": 2, "admissions-application": 1.5, "moving-into-industry": 0.8}
C_RES = {"publishing": 6, "grant-writing": 6, "research-career-balance": 5, "data-statistics": 4, "research-start": 5, "lab-skills": 4, "presenting": 4, "dual-degrees": 3, "networking-sponsorship": 3, "teaching": 2, "leadership": 2, "work-life-integration": 1.5, "moving-into-industry": 1.5, "ai-literacy": 2, "genomic-literacy": 2, "fellowship-application": 2, "confidence-identity": 1.5}
C_HP = {"clinical-skills": 4, "patient-communication": 5, "transition-to-practice": 5, "leadership": 3, "teaching": 4, "teamwork-conflict": 4, "licensing-exams": 3, "certification-cme": 4, "burnout-wellbeing": 3, "work-life-integration": 3, "quality-improvement": 3, "confidence-identity": 3, "career-change-into-health": 2, "academic-foundation": 2, "interview-practice": 2, "telemedicine-practice": 1.5, "advocacy": 2, "cv-personal-statement": 1.5, "clinical-rotations": 2, "parenting-in-training": 1.5, "img-pathway": 1}
C_IND = {"moving-into-industry": 8, "entrepreneurship": 5, "digital-product-work": 5, "ai-literacy": 4, "networking-sponsorship": 4, "leadership": 3, "publishing": 1.5, "contracts-job-search": 2, "data-statistics": 2, "genomic-literacy": 1, "telemedicine-practice": 1, "interview-practice": 1.5}
C_PUB = {"health-policy-engagement": 6, "public-global-health-work": 6, "advocacy": 5, "data-statistics": 3, "publishing": 2, "leadership": 3, "dual-degrees": 3, "networking-sponsorship": 2, "ethics-professionalism": 2, "rural-underserved-practice": 2, "belonging-inclusion": 1.5}
C_LEAD = {"leadership": 8, "networking-sponsorship": 5, "quality-improvement": 3, "teaching": 2, "health-policy-engagement": 3, "contracts-job-search": 3, "ai-literacy": 2, "digital-product-work": 2, "late-career-planning": 3, "teamwork-conflict": 3, "ethics-professionalism": 2, "moving-into-industry": 1, "belonging-inclusion": 1.5}
STRONG = {"health-professions-student": {**C_STU, "clinical-skills": 3}, "medical-student-preclinical": C_STU, "medical-student-clinical": {**C_STU, "residency-application": 2, "licensing-exams": 6}, "graduate-research-student": {**C_RES, "admissions-application": 2}, "physician-scientist-trainee": {**C_RES, "admissions-application": 5, "dual-degrees": 7},
          "intern": {**C_TRA, "licensing-exams": 7, "fellowship-application": 0}, "resident": C_TRA, "senior-resident": C_TRA, "fellow": {**C_TRA, "fellowship-application": 8, "publishing": 4, "transition-to-practice": 2}, "early-career-health-professional": {**C_HP, "licensing-exams": 6}, "experienced-health-professional": C_HP, "senior-health-professional": {**C_HP, "leadership": 6, "late-career-planning": 2},
          "postdoctoral-researcher": C_RES, "early-career-physician": C_PRA, "mid-career-physician": C_PRA, "senior-physician": {**C_PRA, "leadership": 7, "late-career-planning": 3}, "early-career-investigator": {**C_RES, "fellowship-application": 3}, "senior-investigator": {**C_RES, "leadership": 4, "late-career-planning": 1},
          "industry-professional": C_IND, "industry-leader": {**C_IND, "entrepreneurship": 8, "leadership": 5}, "public-health-professional": C_PUB, "public-health-or-policy-leader": {**C_PUB, "leadership": 5}, "health-system-leader": C_LEAD, "retired-clinician": {**C_PRA, "late-career-planning": 6, "patient-communication": 6, "ai-literacy": 0.2, "telemedicine-practice": 0.3}}
FIELD_STRENGTH = {"clinical-informatics": ["ai-literacy", "digital-product-work"], "digital-health": ["telemedicine-practice", "digital-product-work", "entrepreneurship"], "medical-genetics": ["genomic-literacy"], "health-policy": ["health-policy-engagement", "advocacy"], "public-health": ["public-global-health-work"], "medical-education": ["teaching", "simulation-training"], "biopharma-industry": ["moving-into-industry"], "biomedical-research": ["research-start", "lab-skills"], "palliative-medicine": ["patient-communication"], "health-administration": ["quality-improvement", "leadership"]}
MENTEE_STAGES = {"pre-health-student": 17, "career-changer": 4.5, "post-baccalaureate": 5, "health-professions-student": 9, "medical-student-preclinical": 15, "medical-student-clinical": 16, "graduate-research-student": 3.5, "physician-scientist-trainee": 2.8, "medical-graduate-before-training": 8, "intern": 3.5, "resident": 6.5, "senior-resident": 1.5, "fellow": 1.8, "early-career-health-professional": 3.5, "experienced-health-professional": 1.8, "senior-health-professional": 0.4, "postdoctoral-researcher": 1.2, "returning-clinician": 0.8, "early-career-physician": 1.8, "mid-career-physician": 0.7, "senior-physician": 0.2, "early-career-investigator": 1.1, "industry-professional": 0.5, "public-health-professional": 0.9}
MENTOR_STAGES = {"health-professions-student": 1.5, "medical-student-preclinical": 1.5, "medical-student-clinical": 5, "graduate-research-student": 0.8, "physician-scientist-trainee": 1.8, "intern": 2.5, "resident": 13, "senior-resident": 4.5, "fellow": 8, "early-career-health-professional": 3.5, "experienced-health-professional": 7, "senior-health-professional": 2.5, "postdoctoral-researcher": 2.8, "early-career-physician": 15, "mid-career-physician": 12.5, "senior-physician": 5, "early-career-investigator": 3.6, "senior-investigator": 2.2, "industry-professional": 4, "industry-leader": 1.2, "public-health-professional": 2.6, "public-health-or-policy-leader": 0.8, "health-system-leader": 1.3, "retired-clinician": 1.9}
HP = {"nursing": 5, "physician-assistant": 2.2, "pharmacy": 2.4, "dentistry": 1.6, "allied-health": 2.6}
SENSITIVE_UNDER = 0.5
YEARS = {"health-professions-student": (1, 3), "medical-student-preclinical": (1, 2), "medical-student-clinical": (2, 4), "graduate-research-student": (1, 5), "physician-scientist-trainee": (2, 6), "intern": (1, 1), "resident": (2, 4), "senior-resident": (4, 6), "fellow": (5, 8), "early-career-health-professional": (1, 5), "experienced-health-professional": (5, 15), "senior-health-professional": (15, 32), "postdoctoral-researcher": (1, 5), "early-career-physician": (1, 5), "mid-career-physician": (6, 15), "senior-physician": (15, 34), "early-career-investigator": (2, 7), "senior-investigator": (12, 32), "industry-professional": (3, 15), "industry-leader": (10, 28), "public-health-professional": (2, 14), "public-health-or-policy-leader": (12, 30), "health-system-leader": (15, 33), "retired-clinician": (30, 45)}


def field_pick(stage, mentor, w):
    """Weights over primary fields for a stage."""
    k = 2 if mentor else 1
    base = {f: v[k] for f, v in L.FIELDS.items()}
    clin = {f: x for f, x in base.items() if w.rec[f]["track"] == "physician"}
    if stage in ("health-professions-student", "early-career-health-professional", "experienced-health-professional", "senior-health-professional"):
        return HP
    if stage.startswith("industry"):
        return {"biopharma-industry": 6, "digital-health": 3, "clinical-informatics": 1.2, "biomedical-research": 0.6}
    if stage.startswith("public"):
        return {"public-health": 6, "health-policy": 2.5, "health-administration": 1}
    if stage in ("graduate-research-student", "postdoctoral-researcher"):
        return {"biomedical-research": 6, "public-health": 1.5, "biopharma-industry": 1.3, "medical-genetics": 0.7, "clinical-informatics": 0.6, "health-policy": 0.3}
    if stage in ("early-career-investigator", "senior-investigator"):
        return {**{f: x * 0.35 for f, x in clin.items()}, "biomedical-research": 14, "public-health": 2, "clinical-informatics": 2}
    if stage == "health-system-leader":
        return {**{f: x * 0.3 for f, x in clin.items()}, "health-administration": 12, "clinical-informatics": 3, "medical-education": 4, "nursing": 3}
    if stage in ("pre-health-student", "career-changer"):
        out = dict(base)
        for f in HP:
            out[f] = HP[f] * 1.7
        return out
    out = dict(clin)
    for f, m in (("clinical-informatics", 0.7), ("digital-health", 0.5), ("public-health", 0.5), ("health-policy", 0.5), ("health-administration", 0.5), ("medical-education", 0.8), ("biomedical-research", 0.4), ("biopharma-industry", 0.15)):
        out[f] = base[f] * m
    return out


P_SUB = {"pre-health-student": .22, "career-changer": .2, "post-baccalaureate": .25, "health-professions-student": .5, "medical-student-preclinical": .33, "medical-student-clinical": .42}
EMAIL_DOMAINS = ["example.org", "example.com", "mail.example.org", "students.example.org", "med.example.org", "hospital.example.com", "post.example.com"]
PRON = {"w": ["she/her", "she/her", "she/they"], "m": ["he/him", "he/him", "he/they"], "n": ["they/them", "ze/hir", "any"]}
MODS_M = Pick({"video-call": 9, "phone-call": 2.5, "async-messages": 5, "document-review": 4, "in-person": 2.5, "mock-interview-session": 2.5, "shadowing-visit": 2, "project-collaboration": 2, "case-discussion": 1.5, "group-circle": 1.2, "one-off-conversation": 1.2, "simulation-session": 0.8})
COMM_W = {"women-in-medicine": 7, "women-in-surgery": 2.5, "men-in-nursing-and-care": 0.7, "nonbinary-and-gender-diverse": 0.8, "lgbtq-plus": 4, "first-generation-in-medicine": 9, "first-generation-university": 6, "low-income-background": 4, "underrepresented-in-medicine": 4, "black-in-medicine": 3, "latine-in-medicine": 2.5, "indigenous-in-medicine": 0.8, "asian-diaspora-in-medicine": 2.5, "international-graduates": 6, "displaced-clinicians": 0.8, "military-and-veterans": 1.8, "parents": 4, "unpaid-carers": 1, "disability-and-chronic-illness": 2, "neurodivergent": 2.4, "deaf-and-hard-of-hearing": 0.4, "rural-background": 4, "faith-and-practice": 2, "second-career": 2.5, "osteopathic-community": 1.8}
EXPER_BY = {"entry": ["shadowing", "clinical-volunteering", "scribe-emt-hca", "community-outreach", "bench-research", "teaching-role", "data-ai-project"],
            "train": ["clinical-rotation", "virtual-simulation", "ar-vr-surgical-training", "publication", "conference-presentation", "quality-improvement-project", "teaching-role", "rural-placement", "global-health-placement", "clinical-research-project", "data-ai-project", "telemedicine-clinic", "military-service"],
            "prac": ["teaching-role", "leadership-role", "telemedicine-clinic", "remote-monitoring-programme", "quality-improvement-project", "guideline-panel", "curriculum-role", "clinical-trial-work", "publication", "conference-presentation", "genomics-clinic", "journal-editorial", "career-break", "military-service", "global-health-placement", "policy-placement", "advocacy-campaign", "ar-vr-surgical-training"],
            "ind": ["industry-role", "startup-role", "clinical-trial-work", "data-ai-project", "publication", "leadership-role"]}


class Cohort:
    def __init__(self, args):
        self.a = args
        self.w = World(load_taxonomy())
        self.emails = set()
        w = self.w
        rm = Pick([(k, r[0]) for k, r in W.REGIONS.items()])
        rr = Pick([(k, r[1]) for k, r in W.REGIONS.items()])
        self.reg = {False: rm, True: rr}
        self.stg = {False: Pick(MENTEE_STAGES), True: Pick(MENTOR_STAGES)}
        self.fields = {(m, s): Pick(field_pick(s, m, w)) for m, S in ((False, MENTEE_STAGES), (True, MENTOR_STAGES)) for s in S}
        self.clin = {False: Pick({f: v[1] for f, v in L.FIELDS.items() if w.rec[f]["track"] == "physician"}), True: Pick({f: v[2] for f, v in L.FIELDS.items() if w.rec[f]["track"] == "physician"})}
        self.need = {s: Pick(g) for s, g in NEED.items()}
        self.strong = {s: Pick(g) for s, g in STRONG.items()}
        self.comm = Pick(COMM_W)
        self.cult = {k: Pick(r[7]) for k, r in W.REGIONS.items()}
        self.prestige = Pick({"dermatology": 5, "orthopaedic-surgery": 4, "cardiology": 4, "neurosurgery": 2, "plastic-surgery": 2, "radiology": 1.5, "ophthalmology": 2, "anesthesiology": 1.5})
        self.target = Pick({"US": 10, "GB": 7, "AU": 3, "CA": 2.5, "DE": 2.5, "IE": 1, "AE": 1.2, "NZ": 0.8})
        self._inst(args.mentees + args.mentors)

    # institutions: a few large ones and a tail in every region
    def _inst(self, n):
        tot = sum(r[0] + r[1] for r in W.REGIONS.values())
        self.inst, self.edu = {}, {}
        used = set()
        for k, r in W.REGIONS.items():
            share = n * (r[0] + r[1]) / tot
            want = int(min(60, max(4, 3 + 1.1 * math.sqrt(share))))
            pl, ty = W.flavour(k)
            names = []
            h = int(hashlib.sha256(k.encode()).hexdigest(), 16)
            places, types = W.PLACES[pl], W.TYPES[ty]
            combos = [t.format(p=p) for p in places for t in types]
            rot = h % len(combos)
            step = next(s for s in (7, 11, 13, 17, 19, 23) if math.gcd(s, len(combos)) == 1)
            j = rot
            for _ in range(len(combos)):
                c = combos[j]
                if c not in used:
                    used.add(c)
                    names.append(c)
                if len(names) == want:
                    break
                j = (j + step) % len(combos)
            while len(names) < min(want, 4):
                names.append(f"{r[8][0]} {one(places, 0.3)} Hospital {len(names)}")
            self.inst[k] = Pick([(x, 1 / (i + 1.6)) for i, x in enumerate(names)])
            edu = [(x, 1 / (i + 1.6)) for i, x in enumerate(names) if any(t in x for t in ("Universi", "College", "School", "Institute", "Üniversitesi", "Uniwersytet", "Université")) and "klinikum" not in x]
            self.edu[k] = Pick(edu) if edu else self.inst[k]

    def blocks(self, role, n):
        for b in range(0, n, BLOCK):
            g = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.a.seed, role, b])))
            rows = g.random((min(BLOCK, n - b), NU)).tolist()
            for i, r in enumerate(rows):
                yield b + i, r

    # -------------------------------------------------------------------------------- one person
    def person(self, u, mentor, i, clone=None):
        w = self.w
        p = {}
        if clone:
            for k in ("region", "stage", "name", "pref", "pron", "sex", "email", "inst", "city", "langs", "core", "native_lang"):
                p[k] = clone[k]
            for _ in range(14):
                u()
        else:
            p["region"] = self.reg[mentor](u())
            p["stage"] = self.stg[mentor](u())
        r = W.REGIONS[p["region"]]
        p["country"], p["tz"], p["off"] = r[2], r[3], r[4]
        stage = p["stage"]
        if not clone:
            if stage == "medical-graduate-before-training" and r[2] in ("US", "CA", "GB", "IE", "AU", "NZ") and u() < 0.6:
                p["region"] = one(["in-north", "in-south", "pk", "ng", "eg", "ph", "co", "ua", "np", "bd"], u())
                r = W.REGIONS[p["region"]]
                p["country"], p["tz"], p["off"] = r[2], r[3], r[4]
            p["city"] = one(r[8], u() ** 1.4)
            cult = self.cult[p["region"]](u())
            sx = u()
            sex = "w" if sx < (0.56 if not mentor else 0.47) else "m" if sx < 0.975 else "n"
            p["sex"] = sex
            nm = W.NAMES[cult]
            given = one(nm[0] if sex == "w" else nm[1] if sex == "m" else nm[0] + nm[1], u())
            fam = one(nm[2], u())
            x = u()
            eslug = None
            if x < 0.05 and cult in W.NATIVE:
                name, eslug = one(W.NATIVE[cult], u())
            elif cult in ("latino", "spanish", "brazilian") and x < 0.55:
                name = f"{given} {fam} {one(nm[2], u())}"
            elif cult == "anglo" and x < 0.07:
                name = f"{given} {fam}-{one(nm[2], u())}"
            elif cult in ("chinese", "korean", "vietnamese", "japanese") and x < 0.35:
                name = f"{fam} {given}"
            elif cult == "southindian" and x < 0.18:
                name = f"{fam[0]}. {given}" if x < 0.12 else given
            elif x > 0.985:
                name = f"{given} {one('ABCDEFGHJKLMNRST', u())}. {fam}"
            elif x > 0.97:
                name = f"{given} {fam}".upper() if u() < 0.4 else f"{given} {fam}".lower()
            else:
                name = f"{given} {fam}"
            tk = 13 if mentor else 9
            if i >= 20 and (i - 20) % 41 == tk % 41 and i < 20 + 41 * len(W.TRICKY):
                name, eslug = W.TRICKY[((i - 20) // 41 + (7 if mentor else 0)) % len(W.TRICKY)]
            p["name"] = name
            p["pref"] = given.split()[0] if u() < 0.14 else ("" if u() < 0.93 else one(["Sam", "Alex", "Kit", "Mo", "Bee", "JJ", "Dr. K"], u()))
            p["pron"] = one(PRON[sex], u()) if u() < 0.52 else ""
            p["first"] = given.split()[0]
            base = eslug or slug(name) or f"person.{i}"
            dom = one(EMAIL_DOMAINS, u() ** 1.5)
            e, n = f"{base}@{dom}", 1
            while e in self.emails:
                n += 1
                e = f"{base}{n}@{dom}"
            self.emails.add(e)
            x = u()
            if x < 0.008:
                e = e.replace("@", "+mentoring@", 1)
            elif x < 0.016:
                e = ".".join(s.capitalize() for s in e.split("@")[0].split(".")) + "@" + dom
            p["email"] = e
            langs = []
            her = W.HERITAGE.get(cult)
            for l in r[6]:
                home = l == "en" or her == l or len(r[7]) == 1
                if home or u() < (0.12 if p["country"] in ("AE", "SA") else 0.75):
                    langs.append(l)
                    break
            if len(r[6]) > 1 and u() < 0.4:
                langs.append(r[6][1])
            if r[6] != ["en"] and u() < r[5]:
                langs.append("en")
            if r[6] == ["en"] and "en" not in langs:
                langs.append("en")
            if her and her not in langs and u() < 0.55:
                langs.append(her)
            if u() < 0.07:
                l = one(["es", "fr", "de", "ar", "pt", "hi", "zh"], u())
                if l not in langs:
                    langs.append(l)
            if p["region"] == "il" and cult == "arabic" and "ar" not in langs:
                langs.insert(0, "ar")
            if not langs:
                langs = ["en"]
            if p["country"] == "IN" and "hi" not in langs and u() < 0.5:
                langs.append("hi")
            p["langs"] = list(dict.fromkeys(langs))
            p["native_lang"] = next((l for l in p["langs"] if l != "en"), "en")
            if stage.startswith("industry"):
                p["inst"] = one(W.INDUSTRY, u() ** 1.5)
            elif stage.startswith("public"):
                p["inst"] = one(W.PUBLIC, u()).format(p=p["city"])
            elif stage in ("retired-clinician", "returning-clinician", "career-changer", "medical-graduate-before-training") and u() < 0.6:
                p["inst"] = ""
            else:
                p["inst"] = (self.edu if w.strec[stage]["order"] <= 26 and u() < 0.93 else self.inst)[p["region"]](u())
        else:
            p["first"] = clone["first"]
        # latent field interests / practice
        if not clone:
            f1 = self.fields[(mentor, stage)](u())
            ps = P_SUB.get(stage, 0.68 if mentor else 0.6)
            c1 = f1
            if w.kids[f1] and u() < ps:
                c1 = w.kids[f1](u())
                if w.rec[w.root(c1)]["group"] == "professions" and f1 not in HP:
                    c1 = f1
            core = [c1]
            hp = f1 in HP
            if u() < (0.75 if hp else 0.68):
                x = u()
                if hp and x < 0.6:
                    c2 = self.clin[mentor](u())
                elif stage in ("physician-scientist-trainee", "early-career-investigator", "senior-investigator") and x < 0.6:
                    c2 = self.clin[mentor](u()) if f1 == "biomedical-research" else w.kids["biomedical-research"](u())
                elif x < 0.55:
                    c2 = w.nb[c1](u())
                elif x < 0.80:
                    c2 = w.emerge(u())
                else:
                    c2 = self.fields[(mentor, stage)](u())
                if f1 not in HP and w.rec[w.root(c2)]["group"] == "professions" and self.w.strec[stage]["order"] > 12:
                    c2 = core[0]
                if c2 not in core:
                    core.append(c2)
            if len(core) == 2 and u() < 0.3:
                c3 = w.nb[core[1]](u()) if u() < 0.5 else w.emerge(u())
                if c3 not in core and not (f1 not in HP and w.rec[w.root(c3)]["group"] == "professions"):
                    core.append(c3)
            ws = [0.45 + 0.4 * u(), 0.2 + 0.35 * u(), 0.08 + 0.2 * u()][:len(core)]
            s = sum(ws)
            p["core"] = [(c, x / s) for c, x in zip(core, ws)]
        ax = [0.0] * 6
        for c, x in p["core"]:
            for k, v in enumerate(w.axes[c]):
                ax[k] += x * v
        p["axes"] = [clip01(a + 0.36 * (u() - 0.5)) for a in ax]
        p["style"] = [clip01(0.5 + 0.27 * gauss(u())) for _ in range(4)]
        return p

    def availability(self, u, r, mentor):
        wk = r[9]
        n = 1 + int(u() * (3.6 if mentor else 4.8))
        out = {}
        for _ in range(n):
            x = u()
            if x < 0.50:
                d = one([d for d in range(7) if d not in wk], u())
                s = 36 + int(u() * 5)          # 18:00-20:00 start
                e = s + 2 + int(u() * 3)
            elif x < 0.74:
                d = one(list(wk), u())
                s = 16 + int(u() * 16)
                e = s + 2 + int(u() * 5)
            elif x < 0.88:
                d = one([d for d in range(7) if d not in wk], u())
                s = 23 + int(u() * 4)
                e = s + 2
            else:
                d = one([d for d in range(7) if d not in wk], u())
                s = 12 + int(u() * 5)
                e = s + 2 + int(u() * 3)
            e = min(e, 46)
            lo, hi = out.get(d, (s, e))
            out[d] = (min(lo, s), max(hi, e)) if not (s > hi + 4 or e < lo - 4) else (lo, hi)
        slots = sorted((d, s, e) for d, (s, e) in out.items())
        text = ";".join(f"{DAYS[d]} {s // 2:02d}:{(s % 2) * 30:02d}-{e // 2:02d}:{(e % 2) * 30:02d}" for d, s, e in slots)
        shift = int(round(r[4] / 30.0))
        bits = [(d * 48 + k - shift) % 336 for d, s, e in slots for k in range(s, e)]
        return text, bits

    # -------------------------------------------------------------------------------- words
    def form(self, s, country, u):
        f = self.w.forms[s]
        key = "US" if country in ("US", "PH", "CA") else "GB"
        x = u()
        if x < 0.2 and f["slang"]:
            return one(f["slang"], u())
        if x < 0.55:
            return one(f[key][0], u())
        return one(f[key][1], u())

    def see(self, s, k, u):
        c = L.SUBCUES.get(s)
        if c and u() < 0.75:
            return one(c[k], u())
        f = self.w.root(s)
        return one(L.FIELDS[f][3 + k], u())

    def fill(self, t, p, country, u):
        if "{exam}" in t:
            f = self.w.root(p["core"][0][0])
            opts = L.EXAMS_HP.get((f, country), L.EXAM_HP_OTHER) if f in HP else L.EXAMS.get(country, L.EXAMS["OTHER"])
            t = t.replace("{exam}", one(opts, u()))
        if "{country}" in t:
            t = t.replace("{country}", one(L.COUNTRY_TEXT.get(country, ["another country"]), u()))
        return t

    def stage_text(self, p, u):
        f = self.w.root(p["core"][0][0])
        rec = self.w.rec[f]
        tags = (f, rec["group"], "prof" if rec["group"] == "professions" else "physician")
        ok = [x.partition("|")[0] for x in L.STAGE_TEXT[p["stage"]] if "|" not in x or x.partition("|")[2] in tags]
        t = one(ok or ["a clinician"], u())
        a, b, c = L.PROF.get(f, ("health-care", "clinician", "clinician"))
        if f == "allied-health":
            role = {"physiotherapy": "physiotherapist", "occupational-therapy": "occupational therapist", "paramedicine": "paramedic", "dietetics": "dietitian", "clinical-psychology": "clinical psychologist", "speech-language-therapy": "speech therapist", "social-work": "social worker", "radiography-imaging-science": "radiographer", "laboratory-science": "biomedical scientist", "respiratory-therapy": "respiratory therapist", "podiatry": "podiatrist", "optometry": "optometrist"}.get(p["core"][0][0], "therapist")
            a, b, c = {"physiotherapist": "physio", "paramedic": "paramedic", "dietitian": "dietetics"}.get(role, "allied-health"), role, role
        role = b if u() < 0.7 else c
        if "{a_profrole}" in t:
            t = t.replace("{a_profrole}", ("an " if role[0] in "aeioAEIORM" and role not in ("midwife",) else "a ") + role)
        return t.replace("{profrole}", role).replace("{prof}", a)

    def opener(self, t, p):
        if not p["inst"]:
            t = t.replace("at {inst}", "in {city}").replace("{inst}", "{city}")
        return t

    @staticmethod
    def cap(t):
        return t[0].upper() + t[1:] if t else t

    def typos(self, text, u):
        """About one word in a hundred gets a slip (more are drawn, short words are spared)."""
        words = text.split(" ")
        i = int(math.log(max(u(), 1e-9)) / -0.0172)
        while i < len(words):
            wd = words[i]
            if len(wd) > 3 and wd[1:3].isalpha() and "@" not in wd:
                k = 1 + int(u() * (len(wd) - 2))
                x = u() if wd[k].isalpha() else 1.0
                if x < 0.35:
                    wd = wd[:k] + wd[k + 1:k + 2] + wd[k] + wd[k + 2:] if wd[k + 1:k + 2].isalpha() else wd
                elif x < 0.65:
                    wd = wd[:k] + wd[k + 1:]
                elif x < 0.85:
                    wd = wd[:k] + wd[k] + wd[k:]
                else:
                    row = "qwertyuiop asdfghjkl zxcvbnm"
                    j = row.find(wd[k].lower())
                    wd = wd[:k] + (row[j + 1] if 0 <= j < len(row) - 1 and row[j + 1] != " " else wd[k]) + wd[k + 1:]
                words[i] = wd
            i += 1 + int(math.log(max(u(), 1e-9)) / -0.0172)
        return " ".join(words)

    def casual(self, t, u):
        t = t[0].lower() + t[1:]
        for a, b in ((" I'm ", " i'm "), (" I ", " i "), ("I'd ", "i'd "), ("I'm ", "i'm "), ("I've ", "i've "), ("I ", "i ")):
            t = t.replace(a, b) if not a[0] == "I" or t.startswith(a) else t
        if u() < 0.3:
            t = t.replace(" because ", " bc ").replace(" with ", " w/ ", 1)
        if u() < 0.2:
            t = t.replace(" and ", " & ", 1)
        if u() < 0.35 and t.endswith("."):
            t = t[:-1]
        return t

    def assemble(self, sents, fillers, u, target, voice):
        out, n = [], 0
        for s in sents:
            k = len(s.split())
            if n >= target and out:
                break
            if n + k > 116:
                continue
            out.append(s)
            n += k
        used = set()
        guard = 0
        while n < max(31, min(target, 108) - 12) and guard < 20:
            guard += 1
            j = int(u() * len(fillers))
            if j in used:
                continue
            used.add(j)
            if n + len(fillers[j].split()) > 118:
                break
            pos = 1 + int(u() * max(1, len(out) - 1)) if len(out) > 1 else len(out)
            out.insert(pos, fillers[j])
            n += len(fillers[j].split())
        if voice == "casual":
            out = [self.casual(s, u) if s else s for s in out]
            sep = ". " if u() < 0.3 else " "
            t = ""
            for s in out:
                t = t + (" " if not t or t[-1] in ".!?" else sep if sep == ". " else "\n" if u() < 0.15 else ". ") + s if t else s
            return t
        return (" " if u() < 0.93 else "\n\n").join(out)

    def statement(self, p, u):
        voice = "formal" if (x := u()) < 0.22 else "plain" if x < 0.76 else "casual" if x < 0.9 else "terse"
        cty = p["country"]
        st = self.stage_text(p, u)
        ctx = dict(a_stage=st, Stage_cap=self.cap(st.split(" ", 1)[1] if st.split(" ", 1)[0] in ("a", "an") else st), inst=p["inst"] or p["city"], city=p["city"], first=p["first"])
        S = []
        if u() < 0.9:
            S.append(self.opener(one(L.MENTEE_OPEN[voice], u()), p).format(**ctx))
        core = [c for c, _ in p["core"]]
        spec_done = False
        if p["undecided"]:
            S.append(one(L.MENTEE_UNSURE, u()))
        if p["drift"]:
            S.append(one(L.MENTEE_DRIFT, u()).format(spec=self.form(p["drift"], cty, u)))
            S.append(one(L.MENTEE_CUE[voice], u()).format(see=self.see(core[0], 0, u)))
        else:
            x = u()
            if x < 0.62 and not p["undecided"]:
                f = self.form(core[0], cty, u)
                S.append(one(L.MENTEE_SPEC[voice], u()).format(spec=f, spec_cap=self.cap(f), see=self.see(core[0], 0, u)))
                spec_done = True
            if not spec_done or u() < 0.45:
                S.append(one(L.MENTEE_CUE[voice], u()).format(see=self.see(core[0], 0, u)))
        gs = [g for g, _ in p["goals"]]
        say = []
        for k, g in enumerate(gs[:3]):
            sens = self.w.grec[g].get("sensitive")
            if u() < ((0.9, 0.6, 0.35)[k] * (0.75 if sens else 1) if g in p["vg"] else (0.85, 0.78, 0.6)[k]):
                say.append(g)
        G = []
        for k, g in enumerate(say):
            if u() < 0.72:
                t = one(L.GOALS[g][0], u())
            else:
                rec = self.w.grec[g]
                t = one([rec["label"], rec["label"]] + rec["aliases"], u())
                t = t[0].lower() + t[1:] if t[1:2].islower() else t
                t = one(L.ABOUT, u()).format(t=t)
            t = self.fill(t, p, p["target"], u)
            G.append((one(L.MENTEE_GOAL[voice], u()) if k == 0 else one(L.MENTEE_GOAL2, u())).format(want=t, want_cap=self.cap(t)))
        mid = []
        if len(core) > 1 and u() < (0.45 if core[1] in p["vis"] else 0.72):
            f = self.form(core[1], cty, u)
            mid.append(one(L.MENTEE_SPEC2[voice], u()).format(spec=f, spec_cap=self.cap(f)) if u() < 0.6 else one(L.MENTEE_CUE["plain"], u()).format(see=self.see(core[1], 0, u)))
        if len(core) > 2 and u() < 0.3:
            mid.append(one(L.MENTEE_SPEC2["plain"], u()).format(spec=(f := self.form(core[2], cty, u)), spec_cap=self.cap(f)))
        if p["target"] != p["country"] and u() < 0.8:
            mid.append(self.fill(one(L.MENTEE_TARGET, u()), p, p["target"], u))
        if u() < 0.3:
            k = max(range(6), key=lambda a: p["axes"][a] + 0.15 * (a == 5))
            mid.append(one(L.MENTEE_AXIS, u()).format(axis=one(L.AXIS_SEE[L.AXES[k]], u())))
        if u() < 0.07 and not p["drift"]:
            n = self.prestige(u())
            if n not in core and self.w.R[self.w.si[n], self.w.si[core[0]]] < 0.4:
                mid.append(one(L.MENTEE_NOT, u()).format(spec=self.form(n, cty, u)))
        if p["exper"] and u() < 0.3:
            mid.append(one(L.MENTEE_EXP, u()).format(exp=L.EXP[one(p["exper"], u())]))
        for d in range(4):
            v = p["style"][d]
            if (v < 0.28 or v > 0.72) and u() < 0.42:
                mid.append(one(L.STYLE_SEE[L.STYLES[d]][v > 0.5], u()) + ".")
        if u() < 0.08:
            mid.append(one(L.OFFTOPIC, u()))
        if u() < 0.025 and p["native_lang"] in L.FOREIGN:
            mid.append(one(L.FOREIGN[p["native_lang"]], u()))
        if u() < 0.007:
            mid.append(one(L.CONTACT, u()).format(email=p["email"]))
        for k in range(len(mid) - 1, 0, -1):
            j = int(u() * (k + 1))
            mid[k], mid[j] = mid[j], mid[k]
        S += (G + mid) if u() < 0.55 else (mid[:2] + G + mid[2:])
        if u() < 0.5:
            S.append(one(L.MENTEE_CLOSE, u()))
        return self.typos(self.assemble(S, L.FILL_MENTEE + L.FILL_MENTEE_STUDENT if self.w.strec[p["stage"]]["order"] <= 30 else L.FILL_MENTEE, u, 34 + int(82 * u() ** 1.3), voice), u)

    def bio(self, p, u):
        voice = "formal" if (x := u()) < 0.34 else "plain" if x < 0.84 else "casual" if x < 0.91 else "terse"
        cty = p["country"]
        core = [c for c, _ in p["core"]]
        st = self.stage_text(p, u)
        f = self.form(core[0], cty, u)
        words = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]
        y = p["years"]
        op = one(L.MENTOR_OPEN[voice], u())
        student = self.w.strec[p["stage"]]["order"] <= 26
        if (y < 2 and "{years" in op) or ((student or p["stage"] == "retired-clinician") and "{spec" in op):
            op = L.MENTOR_OPEN["plain" if student else voice][0]
        op = self.opener(op, p)
        S = [op.format(a_stage=st, Stage_cap=self.cap(st.split(" ", 1)[1] if st.split(" ", 1)[0] in ("a", "an") else st), inst=p["inst"] or p["city"], city=p["city"], first=p["first"], spec=f, spec_cap=self.cap(f), years=y, years_cap=words[y] if y < 13 else str(y))]
        if student:
            if u() < 0.7:
                S.append(one(L.STUDENT_SPEC, u()).format(spec=f))
            if u() < 0.6:
                S.append(one(L.STUDENT_CUE, u()).format(see=self.see(core[0], 0, u)))
        elif p["stage"] == "retired-clinician":
            S.append(f"My field was {f}." if u() < 0.6 else "For most of my career it was " + self.see(core[0], 1, u) + ".")
        elif u() < 0.78:
            S.append(one(L.MENTOR_CUE, u()).format(do=self.see(core[0], 1, u)))
        elif "{spec" not in op:
            S.append(f"My field is {f}.")
        mid = []
        if len(core) > 1 and u() < (0.5 if core[1] in p["vis"] else 0.75):
            g = self.form(core[1], cty, u)
            mid.append(("I'm also drawn to " + g + "." if student else one(L.MENTOR_PAST, u()).format(spec=g)) if u() < 0.7 else "I also enjoy " + self.see(core[1], 0 if student else 1, u) + ".")
        if u() < 0.3 and not student:
            k = max(range(6), key=lambda a: p["axes"][a])
            mid.append(one(L.AXIS_DO[L.AXES[k]], u()) + ".")
        G = []
        hid = [g for g in p["strong"][:6] if g not in p["vt"]]
        tell = p["strong"][:2] + [g for g in hid if g not in p["strong"][:2]] + [g for g in p["strong"][2:] if g not in hid]
        for k, g in enumerate(tell[:4]):
            if u() < ((0.85, 0.55, 0.3, 0.2)[k] if g in p["vt"] else 0.75):
                if u() < 0.75:
                    t = one(L.GOALS[g][1], u())
                else:
                    t = self.w.grec[g]["label"]
                    t = t[0].lower() + t[1:] if t[1:2].islower() else t
                t = self.fill(t, p, cty, u)
                G.append((one(L.MENTOR_OFFER, u()) if k == 0 else one(L.MENTOR_OFFER2, u())).format(offer=t))
        if u() < 0.08:
            g = self.strong[p["stage"]](u())
            if g not in p["strong"]:
                t = self.w.grec[g]["label"]
                mid.append(one(L.MENTOR_LIMIT, u()).format(offer=t[0].lower() + t[1:] if t[1:2].islower() else t))
        if u() < 0.35:
            mid.append(one(L.MENTOR_WHY, u()))
        for d in range(4):
            v = p["style"][d]
            if (v < 0.3 or v > 0.7) and u() < 0.42:
                if d == 2:
                    senior = self.w.strec[p["stage"]]["order"] >= 56
                    mid.append(one(L.STYLE_DO["senior"][senior], u()) + ".")
                else:
                    mid.append(one(L.STYLE_DO[L.STYLES[d]][v > 0.5], u()) + ".")
        if u() < 0.06:
            mid.append(one(L.OFFTOPIC, u()))
        if u() < 0.02 and p["native_lang"] in L.FOREIGN:
            mid.append(one(L.FOREIGN[p["native_lang"]], u()))
        if u() < 0.005:
            mid.append(one(L.CONTACT, u()).format(email=p["email"]))
        for k in range(len(mid) - 1, 0, -1):
            j = int(u() * (k + 1))
            mid[k], mid[j] = mid[j], mid[k]
        S += (mid[:1] + G + mid[1:]) if u() < 0.6 else (G + mid)
        if u() < 0.45:
            S.append(one(L.MENTOR_CLOSE, u()))
        return self.typos(self.assemble(S, L.FILL_STUDENT_MENTOR if student else L.FILL_MENTOR, u, 32 + int(80 * u() ** 1.2), voice), u)

    # -------------------------------------------------------------------------------- rows
    def communities(self, p, u, share):
        out = []
        if u() > share:
            return out
        for _ in range(1 + int(u() * 2.4)):
            c = self.comm(u())
            if c in out:
                continue
            s = p["sex"]
            if c in ("women-in-medicine", "women-in-surgery") and s != "w" or c == "men-in-nursing-and-care" and (s != "m" or self.w.root(p["core"][0][0]) != "nursing") or c == "nonbinary-and-gender-diverse" and s != "n":
                continue
            if c == "women-in-surgery" and self.w.rec[self.w.root(p["core"][0][0])]["group"] != "surgery":
                continue
            if c == "osteopathic-community" and p["country"] != "US":
                continue
            out.append(c)
        return out

    def exper(self, stage, u):
        o = self.w.strec[stage]["order"]
        pool = EXPER_BY["ind"] if stage.startswith("industry") else EXPER_BY["entry"] if o <= 20 else EXPER_BY["train"] if o <= 42 else EXPER_BY["prac"]
        out = []
        for _ in range(int(u() * 4.2)):
            e = one(pool, u())
            if e not in out:
                out.append(e)
        return out

    def date(self, u):
        d = int(u() * 150)
        y = np.datetime64("2026-02-09") + d
        return str(y)

    def gen_mentee(self, i, row):
        it = iter(row)
        u = it.__next__
        p = self.person(u, False, i)
        w, stage = self.w, p["stage"]
        # true needs
        n = 2 + int(u() * 3.2)
        gs = []
        for _ in range(n * 2):
            g = self.need[stage](u())
            if g not in gs:
                gs.append(g)
            if len(gs) == n:
                break
        ws = sorted((0.15 + u() for _ in gs), reverse=True)
        s = sum(ws)
        p["goals"] = [(g, x / s) for g, x in zip(gs, ws)]
        abroad = ("img-pathway" in gs or "visa-immigration" in gs or stage == "medical-graduate-before-training") and u() < 0.85
        p["target"] = p["country"]
        if abroad:
            t = self.target(u())
            p["target"] = t if t != p["country"] or u() < 0.5 else p["country"]
        p["alpha"] = 0.35 + 0.42 * u()
        p["want_senior"] = p["style"][2]
        # what the form shows
        core = [c for c, _ in p["core"]]
        p["undecided"] = stage in ("pre-health-student", "medical-student-preclinical", "medical-student-clinical", "post-baccalaureate", "career-changer") and u() < 0.11
        p["drift"] = ""
        vis = []
        coarse = {"pre-health-student": .6, "medical-student-preclinical": .5, "medical-student-clinical": .4}.get(stage, .2)
        for k, c in enumerate(core):
            if u() < (0.88, 0.58, 0.35)[k]:
                vis.append(w.parent[c] if c in w.parent and u() < coarse else c)
        if p["undecided"]:
            vis = vis[:1] if u() < 0.4 else []
            if "choosing-specialty" not in gs and u() < 0.8:
                p["goals"].append(("choosing-specialty", 0.3))
                s = sum(x for _, x in p["goals"])
                p["goals"] = sorted(((g, x / s) for g, x in p["goals"]), key=lambda t: -t[1])
        elif stage in ("pre-health-student", "post-baccalaureate", "medical-student-preclinical", "medical-student-clinical", "medical-graduate-before-training", "intern") and u() < 0.10:
            d = self.prestige(u())
            if d not in core and w.root(core[0]) != d:
                p["drift"] = d
                vis = [d] + vis[:2]
        if not p["undecided"] and u() < 0.10:
            x = self.fields[(False, stage)](u())
            if x not in vis:
                vis.append(x)
        vis = list(dict.fromkeys(vis))[:4]
        vg = []
        for k, (g, x) in enumerate(p["goals"][:5]):
            pr = (0.85, 0.68, 0.5, 0.38, 0.3)[k] * (SENSITIVE_UNDER if w.grec[g].get("sensitive") else 1)
            if u() < pr:
                vg.append(g)
        if u() < 0.25:
            g = self.need[stage](u())
            if g not in vg:
                vg.insert(int(u() * (len(vg) + 1)), g)
        if len(vg) > 1 and u() < 0.25:
            vg[0], vg[1] = vg[1], vg[0]
        p["vis"], p["vg"] = vis, vg
        p["exper"] = self.exper(stage, u)
        mods = []
        for _ in range(1 + int(u() * 3.3)):
            m = MODS_M(u())
            if m not in mods:
                mods.append(m)
        p["mods"] = mods
        r = W.REGIONS[p["region"]]
        av, p["bits"] = self.availability(u, r, False)
        comm = self.communities(p, u, 0.34)
        p["comm"], p["comm_w"] = comm, 0.3 + 0.7 * u()
        x = u()
        gp = ""
        if p["sex"] == "w" and x < 0.13:
            gp = "prefer-woman" if x < 0.10 else "require-woman"
        elif p["sex"] == "n" and x < 0.2:
            gp = "prefer-woman-or-nonbinary"
        elif p["sex"] == "m" and x < 0.03:
            gp = "prefer-man"
        p["gpref"] = gp
        lr = ""
        if u() < 0.035:
            lr = p["native_lang"] if u() < 0.75 else p["langs"][0]
        p["lreq"] = lr
        p["exown"] = bool(p["inst"]) and u() < 0.12
        dn = []
        if u() < 0.022:
            for _ in range(1 + int(u() * 2)):
                dn.append(int(u() * self.a.mentors))
        p["dnm"] = list(dict.fromkeys(dn))
        st = "" if u() < 0.03 else self.statement(p, u)
        p["row"] = [f"me-{i + 1:06d}", p["name"], p["pref"], p["pron"], p["email"], stage, p["inst"], p["city"] if u() < 0.93 else "", p["country"], p["tz"], ";".join(p["langs"]), ";".join(vis), ";".join(vg), ";".join(p["exper"]), ";".join(mods) if u() < 0.95 else "", av if u() < 0.95 else "",
                    str(1 + int(u() * 3)) if u() < 0.85 else "", ";".join(comm), gp, lr, "yes" if p["exown"] else "no" if u() < 0.6 else "", ";".join(f"mr-{d + 1:06d}" for d in p["dnm"]), str(int(3.4 * u() ** 4)), st, self.date(u)]
        p["row"] += self.further_mentee(p)
        return p

    def gen_mentor(self, j, row, pool):
        it = iter(row)
        u = it.__next__
        clone, self_of = None, -1
        if pool and u() < 0.014:
            self_of, clone = pool.pop(int(u() * len(pool)))
        p = self.person(u, True, j, clone)
        p["self_of"] = self_of
        w, stage = self.w, p["stage"]
        strong = []
        for g in FIELD_STRENGTH.get(w.root(p["core"][0][0]), []):
            if u() < 0.7:
                strong.append(g)
        n = 4 + int(u() * 6)
        for _ in range(n * 2):
            g = self.strong[stage](u())
            if g not in strong:
                strong.append(g)
            if len(strong) >= n:
                break
        p["strong"] = strong
        comp = [0.30 * u() * u() for _ in w.goal]
        for k, g in enumerate(strong):
            comp[w.gi[g]] = max(0.4, 0.97 - 0.05 * k - 0.25 * u() * u())
        p["comp"] = comp
        p["base"] = clip01(0.5 + 0.2 * gauss(u()))
        core = [c for c, _ in p["core"]]
        vis = []
        for k, c in enumerate(core):
            if u() < (0.96, 0.6, 0.4)[k]:
                vis.append(c)
                if c in w.parent and u() < 0.45:
                    vis.append(w.parent[c])
        if not vis:
            vis = [core[0]]
        vis = list(dict.fromkeys(vis))[:4]
        over = u() < 0.14                      # people who tick nearly everything
        vt = [g for k, g in enumerate(strong) if u() < (0.82 if k < 4 else 0.58)]
        for _ in range(int(u() * 2.2) + (7 if over else 0)):
            g = self.strong[stage](u())
            if g not in vt:
                vt.append(g)
        lo, hi = YEARS[stage]
        p["years"] = y = lo + int(u() * (hi - lo + 1))
        past = int((y ** 0.5) * 2.2 * u() ** 1.6 * (0.5 + p["base"]))
        p["exper"] = self.exper(stage, u)
        mods = []
        for _ in range(1 + int(u() * 3.6)):
            m = MODS_M(u())
            if m not in mods:
                mods.append(m)
        p["mods"] = mods
        r = W.REGIONS[p["region"]]
        av, p["bits"] = self.availability(u, r, True)
        comm = self.communities(p, u, 0.3)
        p["comm"] = comm
        x = u()
        p["cap"] = cap = 1 if x < .38 else 2 if x < .68 else 3 if x < .86 else 4 if x < .95 else 5
        p["gender"] = ({"w": "woman", "m": "man", "n": "nonbinary"}[p["sex"]] if u() < 0.66 else "")
        acc = ""
        p["acc"] = None
        if u() < 0.17:
            ok = [s for s in MENTEE_STAGES if w.strec[s]["mentored_by"].get(stage, 0) >= 0.6]
            if ok:
                k = max(1, int(len(ok) * (0.4 + 0.6 * u())))
                ok = sorted(ok, key=lambda s: -w.strec[s]["mentored_by"].get(stage, 0))[:k]
                acc = ";".join(ok)
                p["acc"] = ok
        p["exown"] = bool(p["inst"]) and u() < 0.045
        dn = []
        if u() < 0.02:
            for _ in range(1 + int(u() * 3)):
                dn.append(int(u() * self.a.mentees))
        p["dnm"] = list(dict.fromkeys(dn))
        p["paused"] = u() < 0.03
        p["vis"], p["vt"] = vis, vt
        bio = "" if u() < 0.045 else self.bio(p, u)
        p["row"] = [f"mr-{j + 1:06d}", p["name"], p["pref"], p["pron"], p["gender"], p["email"], stage, p["inst"], p["city"] if u() < 0.95 else "", p["country"], p["tz"], ";".join(p["langs"]), ";".join(vis), ";".join(vt), ";".join(p["exper"]), ";".join(mods) if u() < 0.95 else "", av if u() < 0.95 else "",
                    str(cap), str(1 + int(u() * 3)) if u() < 0.85 else "", ";".join(comm), acc, "yes" if p["exown"] else "no" if u() < 0.5 else "", ";".join(f"me-{d + 1:06d}" for d in p["dnm"]), str(y) if u() < 0.93 else "", str(past) if u() < 0.88 else "", "paused" if p["paused"] else "active", bio, self.date(u)]
        p["row"] += self.further_mentor(p)
        return p


    # ------------------------------------------------------------------------ further questions
    # Drawn from a stream of their own, seeded by the person's e-mail: the columns above and the hidden
    # truth are the same with and without them.
    def further_stream(self, p, role):
        seed = int.from_bytes(hashlib.blake2b(f"{self.a.seed}/{role}/{p['email']}".encode(), digest_size=8).digest(), "big")
        return iter(np.random.Generator(np.random.PCG64(seed)).random(64).tolist()).__next__

    def paired(self, p, u):
        """Four paired questions; the first three show the hidden style, blurred, the last the sixth work axis."""
        seen = [(p["style"][0], "gentle", "direct"), (p["style"][1], "open", "agenda"), (p["style"][3], "as-needed", "often"), (p["axes"][5], "person", "task")]
        out = []
        for v, low, high in seen:
            v += 0.24 * (u() - 0.5)
            x = u()
            out.append("" if x < 0.06 else "either" if 0.44 < v < 0.56 or x < 0.12 else high if v > 0.5 else low)
        return out

    def wishes(self, u):
        inst = Pick({"any": 6, "different": 2, "same": 1.2, "": 1})
        region = Pick({"any": 5, "same": 3, "different": 0.6, "": 1})
        return [inst(u()), region(u()), "yes" if u() < 0.14 else "no" if u() < 0.8 else ""]

    def wanted_experiences(self, stage, u, n):
        found = []
        for _ in range(n):
            e = one(EXPER_BY["train" if stage in EXPER_AHEAD else "prac"], u())
            if e not in found:
                found.append(e)
        return found

    def further_mentee(self, p):
        u = self.further_stream(p, "mentee")
        style = self.paired(p, u)
        v = p["want_senior"] + 0.2 * (u() - 0.5)
        x = u()
        senior = "" if x < 0.08 else "any" if x < 0.3 else "near-peer" if v < 0.4 else "senior" if v > 0.62 else "few-years"
        practice = p["target"] if u() < (0.9 if p["target"] != p["country"] else 0.5) else ""
        inst, region, vary = self.wishes(u)
        want = self.wanted_experiences(p["stage"], u, int(u() * 3.2))
        picks = [int(u() * self.a.mentors) for _ in range(1 + int(u() * 3))] if u() < 0.12 else []
        picks = [f"mr-{j + 1:06d}" for j in dict.fromkeys(picks) if j not in p["dnm"]]
        return style + [senior, practice, inst, region, vary, ";".join(want), ";".join(picks)]

    def further_mentor(self, p):
        u = self.further_stream(p, "mentor")
        style = self.paired(p, u)
        inst, region, vary = self.wishes(u)
        doors = [e for e in p["exper"] if u() < 0.6]
        return style + [inst, region, vary, ";".join(doors)]


STYLE_COLS = ["style_feedback", "style_structure", "style_contact", "style_focus"]
EXPER_AHEAD = {"pre-health-student", "career-changer", "post-baccalaureate", "health-professions-student", "medical-student-preclinical", "medical-student-clinical", "graduate-research-student", "physician-scientist-trainee"}
MENTEE_COLS = "mentee_id full_name preferred_name pronouns email career_stage institution city country timezone languages specialty_interests goals experiences modalities availability meetings_per_month communities mentor_gender_preference language_required exclude_own_institution do_not_match rounds_waiting statement joined_on".split() + STYLE_COLS + "mentor_seniority practice_country institution_wish region_wish hours_vary experiences_wanted mentor_picks".split()
MENTOR_COLS = "mentor_id full_name preferred_name pronouns gender email career_stage institution city country timezone languages specialties topics experiences modalities availability capacity meetings_per_month communities accepts_stages exclude_own_institution do_not_match years_experience past_mentees status bio joined_on".split() + STYLE_COLS + "institution_wish region_wish hours_vary experiences_offered".split()


# ------------------------------------------------------------------------------------ hidden utility
FT = np.float64      # single precision is faster but its last digit depends on the linear-algebra library


class Side:
    """Latent arrays of one role."""

    def __init__(self, n, w, need):
        self.n, self.w, self.need = n, w, need
        z = lambda k: np.zeros((n, k), FT)
        self.S, self.G, self.A, self.B = z(len(w.spec)), z(len(w.goal)), z(6), z(336)
        self.style = z(4)
        self.lang = z(len(w.T["languages"]))
        self.comm = z(len(w.T["communities"]))
        self.stage = np.zeros(n, np.int32)
        self.country = np.zeros(n, np.int32)
        self.city = np.zeros(n, np.int32)
        self.inst = np.full(n, -1, np.int64)
        self.async_ = np.zeros(n, bool)
        self.inperson = np.zeros(n, bool)
        self.exown = np.zeros(n, bool)
        self.x = {}


def collect(w, people, mentor, seed):
    n = len(people)
    d = Side(n, w, True)
    li = {l["id"]: k for k, l in enumerate(w.T["languages"])}
    ci = {c["id"]: k for k, c in enumerate(w.T["communities"])}
    h = lambda s: int.from_bytes(hashlib.blake2b(s.encode(), digest_size=7).digest(), "big")
    hc = {}
    for i, p in enumerate(people):
        for c, x in p["core"]:
            d.S[i, w.si[c]] += x
        if mentor:
            d.G[i] = p["comp"]
        else:
            for g, x in p["goals"]:
                d.G[i, w.gi[g]] += x
        d.A[i] = p["axes"]
        d.style[i] = p["style"]
        d.B[i, p["bits"]] = 1
        for l in p["langs"]:
            d.lang[i, li[l]] = 1
        for c in p["comm"]:
            d.comm[i, ci[c]] = 1
        d.stage[i] = w.sti[p["stage"]]
        d.country[i] = w.ci[p["country"]]
        key = p["region"] + "/" + p["city"]
        d.city[i] = hc.setdefault(key, h(key) % 2000003)
        d.inst[i] = hc.setdefault("I" + p["inst"], h(p["inst"])) if p["inst"] else -1 - i - (10 ** 12 if mentor else 0)
        d.async_[i] = "async-messages" in p["mods"] or "document-review" in p["mods"]
        d.inperson[i] = "in-person" in p["mods"] or "shadowing-visit" in p["mods"]
        d.exown[i] = p["exown"]
    x = d.x
    g = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 77, int(mentor)])))
    # hidden "chemistry": sums of uniforms, nothing visible is correlated with it
    x["chem"] = ((g.random((n, 6)) + g.random((n, 6)) + g.random((n, 6)) - 1.5) * 2.0).astype(FT)
    if mentor:
        x["base"] = np.array([p["base"] for p in people], FT)
        x["paused"] = np.array([p["paused"] for p in people])
        x["woman"] = np.array([p["gender"] == "woman" for p in people])
        x["man"] = np.array([p["gender"] == "man" for p in people])
        x["nb"] = np.array([p["gender"] == "nonbinary" for p in people])
        x["acc"] = {j: np.array([w.sti[s] for s in p["acc"]]) for j, p in enumerate(people) if p["acc"]}
        x["dnm"] = {j: p["dnm"] for j, p in enumerate(people) if p["dnm"]}
        x["self"] = {j: p["self_of"] for j, p in enumerate(people) if p["self_of"] >= 0}
    else:
        x["alpha"] = np.array([p["alpha"] for p in people], FT)
        x["senior"] = np.array([p["want_senior"] for p in people], FT)
        x["target"] = np.array([w.ci.get(p["target"], -1) for p in people])
        x["comm_w"] = np.array([p["comm_w"] for p in people], FT)
        x["gpref"] = [p["gpref"] for p in people]
        x["lreq"] = [li[p["lreq"]] if p["lreq"] else -1 for p in people]
        x["native"] = [li[p["native_lang"]] for p in people]
        x["dnm"] = {i: p["dnm"] for i, p in enumerate(people) if p["dnm"]}
    return d


class Utility:
    """latent_quality(mentee rows, all mentors).  The formula is described in COHORT.md."""

    def __init__(self, w, me, mr):
        self.w, self.me, self.mr = w, me, mr
        f = FT
        self.TR = me.S @ w.R.astype(f)                       # reach of interests over all fields
        self.TR /= np.maximum(self.TR.max(1, keepdims=True), 1e-6)
        self.US = mr.S
        Gm = mr.G
        reach = np.clip(np.maximum(Gm, (Gm @ (w.G - np.eye(len(w.goal))).astype(f)) * 0.35), 0, 1)
        self.C0 = (reach * ~w.place).astype(f)
        self.C1 = (reach * w.place).astype(f)
        self.F = w.F.astype(f)
        self.gap = w.gap.astype(f)
        self.acc = np.ones((len(w.stage), mr.n), bool)
        for j, s in mr.x["acc"].items():
            self.acc[:, j] = False
            self.acc[s, j] = True
        an = lambda A: (A - 0.45) / np.maximum(np.linalg.norm(A - 0.45, axis=1, keepdims=True), 1e-6)
        self.Ame, self.Amr = an(me.A).astype(f), an(mr.A).astype(f)
        self.rdn = {}
        for j, l in mr.x["dnm"].items():
            for i in l:
                self.rdn.setdefault(i, []).append(j)
        self.rself = {}
        for j, i in mr.x["self"].items():
            self.rself.setdefault(i, []).append(j)

    def block(self, lo, hi, parts=False):
        me, mr, w = self.me, self.mr, self.w
        s = slice(lo, hi)
        spec = self.TR[s] @ self.US.T
        same = (me.x["target"][s][:, None] == mr.country[None, :])
        goal = me.G[s] @ self.C0.T
        goal += (me.G[s] @ self.C1.T) * np.where(same, FT(1), FT(0.4))
        a = me.x["alpha"][s][:, None]
        core = 0.72 * (a * spec + (1 - a) * goal) + 0.28 * np.sqrt(np.maximum(spec * goal, 0))
        st = self.F[me.stage[s]][:, mr.stage]
        gap = self.gap[me.stage[s]][:, mr.stage]
        stage = st * (1 - 0.4 * np.abs(gap - me.x["senior"][s][:, None]))
        axis = 0.5 + 0.5 * (self.Ame[s] @ self.Amr.T)
        style = np.zeros_like(spec)
        for k in (0, 1, 3):
            style += np.abs(me.style[s, k][:, None] - mr.style[:, k][None, :])
        style = 1 - style / 3
        chem = np.clip(0.5 + 0.17 * (me.x["chem"][s] @ mr.x["chem"].T) / 1.6, 0, 1)
        U = 0.62 * core + 0.13 * stage + 0.06 * axis + 0.06 * style + 0.06 * mr.x["base"][None, :] + 0.07 * chem
        shared = me.comm[s] @ mr.comm.T
        U += np.minimum(shared, 2) * (0.05 * me.x["comm_w"][s][:, None])
        city = (me.city[s][:, None] == mr.city[None, :]) & me.inperson[s][:, None] & mr.inperson[None, :]
        U += 0.04 * city
        for k in range(lo, hi):
            g = me.x["gpref"][k]
            if g in ("prefer-woman", "require-woman"):
                U[k - lo] += 0.06 * mr.x["woman"]
            elif g == "prefer-woman-or-nonbinary":
                U[k - lo] += 0.06 * (mr.x["woman"] | mr.x["nb"])
            elif g == "prefer-man":
                U[k - lo] += 0.06 * mr.x["man"]
        q = 1 / (1 + np.exp(-(U - 0.405) / 0.085))
        hours = (me.B[s] @ mr.B.T) * 0.5
        both = me.async_[s][:, None] & mr.async_[None, :]
        live = np.where(both, FT(0.30), FT(0.50))
        q *= 1 - live * np.exp(-1.1 * hours)
        lang = me.lang[s] @ mr.lang.T
        q *= np.where(lang > 0, FT(1), FT(0.1))
        ok = np.broadcast_to(~mr.x["paused"][None, :], q.shape) & self.acc[me.stage[s]]
        sameinst = me.inst[s][:, None] == mr.inst[None, :]
        ok &= ~(sameinst & (me.exown[s][:, None] | mr.exown[None, :]))
        for k in range(lo, hi):
            r = k - lo
            if me.x["lreq"][k] >= 0:
                ok[r] &= mr.lang[:, me.x["lreq"][k]] > 0
            if me.x["gpref"][k] == "require-woman":
                ok[r] &= mr.x["woman"]
            for j in me.x["dnm"].get(k, ()):
                if j < mr.n:
                    ok[r, j] = False
            for j in self.rdn.get(k, ()):
                ok[r, j] = False
            for j in self.rself.get(k, ()):
                ok[r, j] = False
        q = np.where(ok, q, 0).astype(FT)
        if parts:
            return q, ok, dict(spec=spec, goal=goal, stage=stage, axis=axis, style=style, chem=chem, hours=hours)
        return q, ok


def write_truth(path, util, seed, k_top=20, k_near=60, k_total=200, chunk=256):
    n, m = util.me.n, util.mr.n
    g = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 99])))
    ids = [f"mr-{j + 1:06d}" for j in range(m)]
    k_total = min(k_total, m)
    near_span = max(k_near, min(int(0.15 * m), 600))
    st = dict(rows=0, infeasible=0, few_top=0)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write("mentee_id,mentor_id,latent_quality,feasible,stratum,weight\n")
        for lo in range(0, n, chunk):
            hi = min(n, lo + chunk)
            q, ok = util.block(lo, hi)
            key = np.where(ok, q, -1.0)
            head = min(m, k_top + near_span)
            if head < m:
                part = np.argpartition(-key, head - 1, axis=1)[:, :head]
            else:
                part = np.broadcast_to(np.arange(m), (hi - lo, m))
            rnd = g.random((hi - lo, m), dtype=np.float32) if m <= 4000 else g.random((hi - lo, m), dtype=np.float32)
            out = []
            for r in range(hi - lo):
                idx = part[r]
                idx = idx[np.lexsort((idx, -np.round(key[r, idx], 6)))]
                top = idx[:k_top]
                top = top[ok[r, top]]
                rest_near = idx[len(top):]
                rest_near = rest_near[ok[r, rest_near]]
                kn = min(k_near, len(rest_near))
                near = rest_near[np.argsort(rnd[r, rest_near], kind="stable")[:kn]]
                taken = np.zeros(m, bool)
                taken[top] = True
                taken[rest_near] = True
                pool = np.flatnonzero(~taken)
                kr = min(k_total - len(top) - kn, len(pool))
                rand = pool[np.argsort(rnd[r, pool], kind="stable")[:kr]] if kr > 0 else pool[:0]
                left = k_total - len(top) - kn - kr
                if left > 0 and kn < len(rest_near):
                    more = rest_near[np.argsort(rnd[r, rest_near], kind="stable")[kn:kn + left]]
                    near = np.concatenate([near, more])
                    kn = len(near)
                mid = f"me-{lo + r + 1:06d},"
                qr, okr = q[r], ok[r]
                wn = len(rest_near) / kn if kn else 1.0
                wr = len(pool) / kr if kr else 1.0
                out += [f"{mid}{ids[j]},{qr[j]:.4f},1,top,1" for j in top]
                out += [f"{mid}{ids[j]},{qr[j]:.4f},1,near,{wn:.3f}" for j in near]
                out += [f"{mid}{ids[j]},{qr[j]:.4f},{int(okr[j])},random,{wr:.3f}" for j in rand]
                st["infeasible"] += int((~okr[rand]).sum())
                st["few_top"] += len(top) < min(k_top, m)
            st["rows"] += len(out)
            f.write("\n".join(out) + "\n")
    return st


def sha(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for b in iter(lambda: f.read(1 << 20), b""):
            h.update(b)
    return h.hexdigest()


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--mentees", type=int, default=1000)
    ap.add_argument("--mentors", type=int, default=320)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--out", default=".")
    ap.add_argument("--no-truth", action="store_true", help="skip truth.csv (saves time and memory)")
    ap.add_argument("--score-pairs", metavar="CSV", help="also write pairs_scored.csv: the latent quality of the mentee_id,mentor_id pairs listed in CSV")
    a = ap.parse_args(argv)
    if a.mentees < 1 or a.mentors < 1 or a.mentees > 999999 or a.mentors > 999999:
        ap.error("between 1 and 999999 people a role")
    os.makedirs(a.out, exist_ok=True)
    t0 = time.time()
    c = Cohort(a)
    keep = not a.no_truth or bool(a.score_pairs)
    me, mr, pool = [], [], []
    can_mentor = {s for s in MENTOR_STAGES}
    with open(os.path.join(a.out, "mentees.csv"), "w", encoding="utf-8", newline="") as f:
        wr = csv.writer(f, lineterminator="\n")
        wr.writerow(MENTEE_COLS)
        for i, row in c.blocks(1, a.mentees):
            p = c.gen_mentee(i, row)
            wr.writerow(p.pop("row"))
            if p["stage"] in can_mentor and p["stage"] in ("resident", "senior-resident", "fellow", "early-career-physician", "medical-student-clinical", "early-career-health-professional", "postdoctoral-researcher") and len(pool) < 3000:
                pool.append((i, {k: p[k] for k in ("region", "stage", "name", "pref", "pron", "sex", "email", "inst", "city", "langs", "core", "native_lang", "first")}))
            if keep:
                me.append(p)
    t1 = time.time()
    cap = [0] * 6
    with open(os.path.join(a.out, "mentors.csv"), "w", encoding="utf-8", newline="") as f:
        wr = csv.writer(f, lineterminator="\n")
        wr.writerow(MENTOR_COLS)
        for j, row in c.blocks(2, a.mentors):
            p = c.gen_mentor(j, row, pool)
            wr.writerow(p.pop("row"))
            cap[p["cap"]] += 0 if p["paused"] else 1
            if keep:
                mr.append(p)
    t2 = time.time()
    meta = dict(generator_version=VERSION, taxonomy_version=c.w.T["version"], mentees=a.mentees, mentors=a.mentors, seed=a.seed, active_capacity=sum(k * n for k, n in enumerate(cap)), capacity_histogram=cap[1:])
    if keep:
        util = Utility(c.w, collect(c.w, me, False, a.seed), collect(c.w, mr, True, a.seed))
        if not a.no_truth:
            meta["truth"] = write_truth(os.path.join(a.out, "truth.csv"), util, a.seed)
        if a.score_pairs:
            with open(a.score_pairs, encoding="utf-8-sig", newline="") as f:
                pairs = [(int(r["mentee_id"][3:]) - 1, int(r["mentor_id"][3:]) - 1) for r in csv.DictReader(f)]
            by = {}
            for n, (i, j) in enumerate(pairs):
                if not (0 <= i < a.mentees and 0 <= j < a.mentors):
                    raise SystemExit(f"pair {n + 1} is outside this cohort")
                by.setdefault(i, []).append((n, j))
            res = [None] * len(pairs)
            for i, l in by.items():
                q, ok = util.block(i, i + 1)
                for n, j in l:
                    res[n] = (q[0, j], ok[0, j])
            with open(os.path.join(a.out, "pairs_scored.csv"), "w", encoding="utf-8") as f:
                f.write("mentee_id,mentor_id,latent_quality,feasible\n")
                for (i, j), (q, k) in zip(pairs, res):
                    f.write(f"me-{i + 1:06d},mr-{j + 1:06d},{q:.4f},{int(k)}\n")
    t3 = time.time()
    meta["sha256"] = {n: sha(os.path.join(a.out, n)) for n in ("mentees.csv", "mentors.csv", "truth.csv") if os.path.exists(os.path.join(a.out, n)) and not (n == "truth.csv" and a.no_truth)}
    with open(os.path.join(a.out, "cohort_meta.json"), "w") as f:
        json.dump(meta, f, indent=1)
        f.write("\n")
    print(f"mentees {t1 - t0:.1f}s  mentors {t2 - t1:.1f}s  truth {t3 - t2:.1f}s  total {time.time() - t0:.1f}s  capacity {meta['active_capacity']} for {a.mentees} mentees" + (f"  truth rows {meta['truth']['rows']}" if "truth" in meta else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
